import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { internals } from '../../functions/internals.ts'
import { endpoints } from '../../functions/manifest.ts'
import type { Calling } from './callers.ts'
import { asking, deepRequests } from './deep-requests.ts'
import { type EmbeddedNetwork, openEmbeddedNetwork } from './embedded-network.ts'
import { mine } from './network.ts'
import { requestsOf } from './requests.ts'

let network: EmbeddedNetwork
beforeAll(async () => {
  network = await openEmbeddedNetwork()
})
afterAll(() => network.stop())
beforeEach(() => network.renew())

const caller = (name: string): Calling => network.callers().find((one) => one.name === name) as Calling

describe.each(endpoints)('$method $path on the embedded cloud', (row) => {
  it('needs no right that its function does not have', async () => {
    const admin = caller('network-admin')
    for (const asked of requestsOf(row, mine)) {
      const once = { 'idempotency-key': `${asked.method}-${asked.path}` }
      await network.ask(admin, asked, once)
      // Once more: the reply that was kept.
      await network.ask(admin, asked, once)
      await network.ask(caller('controller'), asked)
    }
    expect(network.unexpected.splice(0)).toEqual([])
  })
})

describe('what a route finds on the embedded cloud', () => {
  it.each(
    endpoints.filter(({ name }) => deepRequests[name] !== undefined),
  )('$method $path has the rights for it', async (row) => {
    const admin = caller('network-admin')
    const { headers = {}, ...asked } = (await deepRequests[row.name]?.(network, asking(network, admin))) ?? {}
    const { status, text } = await network.ask(admin, asked as never, headers)
    expect(text).not.toContain('"code"')
    expect(status).toBeLessThan(300)
    expect(network.unexpected.splice(0)).toEqual([])
  })

  it.each(
    endpoints.filter(({ ports }) => ports.includes('engine.decide')),
  )('$method $path asks an executor where policies run on one', async (row) => {
    const { version } = await network.ports.policyExecution.read()
    const setting = { mode: 'remote', executor_id: 'executor-001' } as const
    await network.ports.policyExecution.replace(setting, version)
    for (const asked of requestsOf(row, mine)) await network.ask(caller('network-admin'), asked)
    expect(network.unexpected.splice(0)).toEqual([])
  })
})

/** Events of functions that nobody reaches over HTTP; those that are told nothing get nothing. */
const message = JSON.stringify({ version: '0', source: 'none' })
const records = { Records: [{ messageId: 'm1', body: message }] }
const events: Record<string, unknown> = {
  'close-task': { detail: { name: 'task-of-null', status: 'FAILED' } },
  'receive-alarm': records,
  'bury-alarm': records,
  'send-notification': records,
  'bury-notification': records,
}

describe.each(internals.filter(({ name }) => name !== 'evaluate-policy'))('internal/$name on the embedded cloud', ({
  name,
}) => {
  it('needs no right that it does not have, in a full network and in an empty one', async () => {
    expect(await network.invoke(name, events[name] ?? {})).toBeNull()
    await network.empty()
    expect(await network.invoke(name, events[name] ?? {})).toBeNull()
  })
})
