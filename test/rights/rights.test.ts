import { readFileSync } from 'node:fs'
import type { EndpointRow } from '@gridgate/http/manifest-row'
import { rightsPage } from '@gridgate/local/gateway/rights-page'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { endpoints } from '../../functions/manifest.ts'
import type { Calling } from './callers.ts'
import { absent, mine, ruleFor, theirs } from './network.ts'
import { type Answer, type OpenedNetwork, openNetwork } from './open-network.ts'
import { type Asked, requestsOf } from './requests.ts'

let network: OpenedNetwork
beforeAll(async () => {
  network = await openNetwork()
})
beforeEach(() => network.reset())

/** What the table says of a caller and a cluster: not known, not allowed, as if it were not there, or let in. */
type Verdict = 401 | 403 | 404 | 'let in'

function expected(row: EndpointRow, caller: Calling, cluster: string): Verdict {
  if (row.access === 'anyone') return isSigned(row) ? 401 : 'let in'
  if (caller.role === null) return 401
  if (!roles(row, caller).includes(caller.role)) return 403
  if (row.scope === 'network' || row.scope === 'list') return 'let in'
  const isInScope = caller.clusters === '*' || caller.clusters.includes(cluster)
  return isInScope && cluster !== absent ? 'let in' : 404
}

/** Asks for a signature over the body in the place of a credential. */
const isSigned = ({ path }: EndpointRow): boolean => path === '/alarms/webhook'

/** Who may call (spec/decisions.md 44). */
function roles({ access, scope, method }: EndpointRow, { clusters }: Calling): Calling['role'][] {
  if (access === 'service') return ['service', 'network-admin']
  const ranked = ['viewer', 'cluster-manager', 'network-admin'] as const
  const isOwnRead = access === 'viewer' && method === 'GET' && scope === 'path' && clusters !== '*'
  return [...ranked.slice(ranked.indexOf(access as 'viewer')), ...(isOwnRead ? (['service'] as const) : [])]
}

/** What a reply says, in the words of the table. */
function verdictOf({ status, text }: Answer): Verdict {
  const { code = '' } = text.startsWith('{') ? (JSON.parse(text) as { code?: string }) : {}
  if (status === 401) return 401
  if (code === 'auth.forbidden') return 403
  return status === 404 && !missingBesideIt.has(code) ? 404 : 'let in'
}

/** Things of the network that are not there, for who may ask for them. */
const missingBesideIt = new Set(['key.not_found', 'webhook_secret.not_found', 'alarm.dead_letter_not_found'])

describe.each(endpoints)('$method $path for $access, scope $scope', (row) => {
  it('answers each caller about each cluster as the table says', async () => {
    const said: Record<string, Verdict> = {}
    const wanted: Record<string, Verdict> = {}
    for (const cluster of [mine, theirs, absent])
      for (const asked of requestsOf(row, cluster))
        for (const caller of network.callers) {
          const cell = `${caller.name} on ${cluster}: ${asked.method} ${asked.path}`
          await network.reset()
          const before = network.rows()
          const answer = await network.ask(caller, asked)
          said[cell] = verdictOf(answer)
          wanted[cell] = expected(row, caller, cluster)
          if (said[cell] !== 'let in') expect(network.rows(), cell).toEqual(before)
          if (caller.clusters !== '*' && said[cell] !== 404) expect(answer.text, cell).not.toContain(theirs)
        }
    expect(said).toEqual(wanted)
    expect(network.unexpected.splice(0)).toEqual([])
  })

  it('answers alike what is out of scope and what is not there', async () => {
    const bound = network.callers.filter((caller) => expected(row, caller, theirs) === 404)
    const [hidden, missing] = [requestsOf(row, theirs), requestsOf(row, absent)]
    for (const caller of bound)
      for (const [index, asked] of hidden.entries()) {
        const answer = withoutName(await network.ask(caller, asked))
        expect(answer).toEqual(withoutName(await network.ask(caller, missing[index] ?? asked)))
      }
  })
})

/** Lists whose pages go on; figures for Prometheus have none. */
const paged = endpoints.filter(({ scope, path }) => scope === 'list' && path !== '/failover/metrics')

describe.each(paged)('a list at $method $path', (row) => {
  it('ends for a caller with the last entry that is theirs, whatever others have behind it', async () => {
    const viewer = network.callers.find(({ name }) => name === 'viewer') as Calling
    for (const caller of [viewer, network.neighbour]) {
      const ids: string[] = []
      for (let cursor: string | null = '', pages = 0; cursor !== null; pages++) {
        const page = await network.ask(caller, pageOf(row, cursor))
        const { data, next_cursor } = JSON.parse(page.text) as { data: object[]; next_cursor: string | null }
        ids.push(...data.map((entry) => JSON.stringify(entry)))
        expect([page.status, ids.length]).toEqual([200, pages + 1])
        cursor = next_cursor
      }
      expect(ids.some((text) => text.includes(caller === viewer ? mine : theirs))).toBe(true)
    }
  })
})

function pageOf({ method, path }: EndpointRow, cursor: string): Asked {
  const page = { limit: 1, ...(cursor === '' ? {} : { cursor }) }
  if (method === 'POST') return { method, path, body: { query: {}, ...page } }
  return { method, path: `${path}?${new URLSearchParams({ ...page, limit: '1' })}` }
}

const withoutName = ({ text, ...rest }: Answer): Answer => ({
  ...rest,
  text: text.replaceAll(theirs, 'CLUSTER').replaceAll(absent, 'CLUSTER'),
})

it('is told by docs/rights.md; `npm run openapi` writes it', () => {
  const page = readFileSync(new URL('../../docs/rights.md', import.meta.url), 'utf8')
  expect(page).toBe(rightsPage(endpoints))
})

describe('what belongs to the network', () => {
  it.each([
    ['a policy', 'POST', '/policy', { name: 'new', version: '1', release_tag: 'x', code: 'class A:\n  pass\n' }],
    ['a change of a policy', 'PUT', '/policy/policy-of-null:1-test', { description: 'another' }],
    ['a removal of a policy', 'DELETE', '/policy/policy-of-null:1-test', undefined],
    ['a change of the map', 'POST', '/pre-check-policies/update', { add_node: '' }],
  ])('%s is only for a network admin, though the route is for managers of clusters too', async (_, method, path, body) => {
    const asked = { method, path, ...(body === undefined ? {} : { body }) }
    for (const caller of network.callers) {
      if (caller.role !== 'cluster-manager' && caller.role !== 'network-admin') continue
      await network.reset()
      const before = network.rows()
      const { text } = await network.ask(caller, asked)
      const isRefused = caller.role === 'cluster-manager'
      expect(text.includes('auth.forbidden'), caller.name).toBe(isRefused)
      if (isRefused) expect(network.rows()).toEqual(before)
    }
  })
})

describe('a manager of one cluster', () => {
  const manager = () => network.callers.find(({ role }) => role === 'cluster-manager') as Calling

  it('cannot move a rule to another cluster', async () => {
    const moved = (cluster: string) => ({
      ...{ method: 'PUT', path: `/failover-rules/rule-of-${mine}` },
      body: ruleFor(`rule-of-${mine}`, cluster),
    })
    const before = network.rows()
    const [hidden, missing] = [theirs, absent].map((cluster) => network.ask(manager(), moved(cluster)))
    expect(withoutName(await (hidden as Promise<Answer>))).toEqual(withoutName(await (missing as Promise<Answer>)))
    expect(network.rows()).toEqual(before)
  })
})
