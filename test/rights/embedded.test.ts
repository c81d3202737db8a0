import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endpoints } from '../../functions/manifest.ts'
import { type EmbeddedNetwork, openEmbeddedNetwork } from './embedded-network.ts'
import { mine } from './network.ts'
import { requestsOf } from './requests.ts'

let network: EmbeddedNetwork
beforeAll(async () => {
  network = await openEmbeddedNetwork()
})
afterAll(() => network.stop())
beforeEach(() => network.renew())

describe.each(endpoints)('$method $path on the embedded cloud', (row) => {
  it('needs no right that its function does not have', async () => {
    for (const [index, asked] of requestsOf(row, mine).entries())
      for (const caller of network.callers()) {
        const a = await network.ask(caller, asked, {
          'idempotency-key': `${caller.name.replaceAll(' ', '-')}-${index}`,
        })
        if (caller.name === 'network-admin') console.log(row.name, a.status, a.text.slice(0, 200))
        if (caller.name === 'network-admin')
          await network.ask(caller, asked, { 'idempotency-key': `${caller.name.replaceAll(' ', '-')}-${index}` })
      }
    expect(network.unexpected.splice(0)).toEqual([])
  })
})
