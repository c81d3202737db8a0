import { ChainCheck } from '@gridgate/core/audit/chain'
import type { EndpointRow } from '@gridgate/http/manifest-row'
import { loadEndpoints } from '@gridgate/local/gateway/endpoints'
import { policyOf } from '@gridgate/runtime/rights'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endpoints } from '../../functions/manifest.ts'
import type { Calling } from './callers.ts'
import { mine, theirs } from './network.ts'
import { type OpenedNetwork, openNetwork } from './open-network.ts'
import { requestsOf } from './requests.ts'

let network: OpenedNetwork
beforeAll(async () => {
  network = await openNetwork()
})
beforeEach(() => network.reset())

const callerOf = (name: string): Calling => network.callers.find((caller) => caller.name === name) as Calling

const writing = endpoints.filter(({ isAudited }) => isAudited)
/** Deliveries of which nobody is known but by a signature, which is not on the sample. */
const known = writing.filter(({ access }) => access !== 'anyone')

/** What a controller says every minute: it lives. */
const beat = 'clusters/heartbeat'

/** Who may call, and is refused nothing by its scope. */
const allowed = ({ access }: EndpointRow): Calling => callerOf(access === 'service' ? 'service' : 'network-admin')

/** Whose role may not call. */
const refused = ({ access }: EndpointRow): Calling => callerOf(access === 'service' ? 'cluster-manager' : 'viewer')

/** The chain of a call about `mine` that was let in. */
const chainOf = ({ scope }: EndpointRow): string | null => (scope === 'network' ? null : mine)

describe.each(known)('$method $path', (row) => {
  it('leaves one entry for each call that is let in, in the chain of what it is about', async () => {
    for (const asked of requestsOf(row, mine)) {
      await network.reset()
      const { status, text } = await network.ask(allowed(row), asked)
      const code = status < 400 ? null : (JSON.parse(text) as { code: string }).code
      expect(code).not.toBe('auth.forbidden')
      const [entry, ...more] = network.audit()
      expect(more).toEqual([])
      expect(entry).toMatchObject({
        ...{ cluster_id: chainOf(row), sequence: 1, operation: row.name, status, code },
        ...{ route: `${row.method} ${row.path}`, subject: asked.path.split('?')[0] },
      })
      expect(new ChainCheck({ cluster_id: chainOf(row), day: '2030-01-01' }).next(entry as never)).toBeNull()
    }
  })

  it('leaves one entry for each call that a role is refused', async () => {
    for (const asked of requestsOf(row, mine)) {
      await network.reset()
      const before = network.rows()
      expect((await network.ask(refused(row), asked)).status).toBe(403)
      const place = row.scope === 'path' ? mine : null
      const { role } = refused(row)
      expect(network.audit()).toMatchObject([
        { cluster_id: place, role, operation: row.name, status: 403, code: 'auth.forbidden', changes: [] },
      ])
      expect(network.rows()).toEqual(before)
    }
  })

  it('leaves nothing of a call by nobody', async () => {
    for (const asked of requestsOf(row, mine)) expect((await network.ask(callerOf('nobody'), asked)).status).toBe(401)
    expect(network.audit()).toEqual([])
  })
})

it('a cluster out of scope gets no entry from who may not see it: the network does', async () => {
  const row = endpoints.find(({ name }) => name === 'clusters/update') as EndpointRow
  for (const cluster of [theirs, 'made-up-1'])
    for (const asked of requestsOf(row, cluster)) await network.ask(callerOf('cluster-manager'), asked)
  expect(network.audit().map(({ cluster_id }) => cluster_id)).toEqual([null, null, null, null])
})

it('a sign of life is kept, and leaves no entry', async () => {
  const before = network.rows()
  const row = endpoints.find(({ name }) => name === beat) as EndpointRow
  for (const asked of requestsOf(row, mine)) expect((await network.ask(callerOf('controller'), asked)).status).toBe(200)
  expect(network.rows()).not.toEqual(before)
  expect(network.audit()).toEqual([])
})

describe('routes that change nothing', () => {
  const looking = endpoints.filter(({ name, isAudited }) => !isAudited && name !== beat)

  it.each(looking)('$method $path may write nothing that lasts, and leaves no entry', async (row) => {
    const place = { partition: 'a', region: 'r', accountId: '1', table: 't', prefix: '', kmsKeyArn: 'k' }
    const lasting = /:(PutItem|DeleteItem|UpdateItem|BatchWriteItem|StartExecution|SendMessage|GenerateDataKey)$/
    const actions = policyOf(row.method === 'GET' ? [] : row.ports, place).Statement.flatMap(({ Action }) => Action)
    expect(actions.filter((action) => lasting.test(action))).toEqual([])
    for (const asked of requestsOf(row, mine)) await network.ask(callerOf('network-admin'), asked)
    expect(network.audit()).toEqual([])
  })

  it('are all that answer a GET alone, and queries, dry runs and trials, and no others', () => {
    const asked = looking.filter(({ method }) => method !== 'GET').map(({ name }) => name)
    expect(asked.sort()).toEqual([
      'cluster-metrics/query',
      'cluster-metrics/query-nodes',
      'clusters/query',
      'executors/query',
      'failover/rule-test',
      'nodes/dry-run-add',
      'nodes/dry-run-remove',
      'nodes/pre-check-add',
      'nodes/pre-check-remove',
      'policies/query',
      'policies/test',
    ])
    expect(writing.filter(({ method }) => method === 'GET')).toEqual([])
  })

  it('are named alike by manifest and routes', async () => {
    const said = endpoints.map(({ name, isAudited }) => (isAudited ? name : null))
    expect((await loadEndpoints()).map(({ route }) => route.operation)).toEqual(said)
  })
})
