import type { Caller } from '@gridgate/core/caller'
import type { Decision } from '@gridgate/core/policy/decision'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { policyWorld } from '../../test/policy-world.ts'
import { admin, type World } from '../../test/world.ts'
import { getDecisions } from './list.ts'
import { getDecision } from './read.ts'

const decision = (number: number, more: Partial<Decision> = {}): Decision => ({
  id: `d${String(number).padStart(4, '0')}`,
  at: new Date(Date.UTC(2030, 0, 1) + number).toISOString(),
  action: 'add_node',
  level: 'network',
  cluster_id: 'west-1',
  caller: 'c',
  policy_rule_uri: 'a:1-b',
  policy_digest: null,
  engine: 'local',
  input_sha256: '',
  verdict: 'allowed',
  code: null,
  reason: null,
  rewrite: [],
  rewrite_too_large: false,
  duration_ms: 1,
  request_id: null,
  task_id: null,
  ...more,
})

interface Listed {
  status: number
  ids: string[]
  next: string | null
  code?: string
}

async function list(w: World, query = ''): Promise<Listed> {
  const response = await appOf(getDecisions, w.ports).request(`/decisions${query}`)
  const body = (await response.json()) as { data?: Decision[]; next_cursor: string | null; code?: string }
  const { data = [], next_cursor: next, code } = body
  return { status: response.status, ids: data.map(({ id }) => id), next, ...(code === undefined ? {} : { code }) }
}

async function filled(
  count: number,
  more: (number: number) => Partial<Decision>,
  caller: Caller = admin,
): Promise<World> {
  const w = policyWorld({}, caller)
  for (let number = 0; number < count; number++) await w.ports.decisions.append(decision(number, more(number)))
  return w
}

const viewer: Caller = { id: 'v', role: 'viewer', clusters: ['west-1'] }

describe('GET /decisions', () => {
  it('lists from the newest, page by page, each once', async () => {
    const w = await filled(5, () => ({}))
    const first = await list(w, '?limit=2')
    const second = await list(w, `?limit=2&cursor=${first.next}`)
    const third = await list(w, `?limit=2&cursor=${second.next}`)
    expect([first.ids, second.ids, third.ids]).toEqual([['d0004', 'd0003'], ['d0002', 'd0001'], ['d0000']])
    expect(third.next).toBeNull()
  })

  it('filters by action (aliases too), cluster and verdict', async () => {
    const w = await filled(4, (number) => ({
      action: number % 2 ? 'add_cluster' : 'add_node',
      cluster_id: number < 2 ? 'west-1' : null,
      verdict: number === 3 ? 'denied' : 'allowed',
    }))
    expect((await list(w, '?action=add_node')).ids).toEqual(['d0002', 'd0000'])
    expect((await list(w, '?action=create_cluster')).ids).toEqual(['d0003', 'd0001'])
    expect((await list(w, '?cluster_id=west-1')).ids).toEqual(['d0001', 'd0000'])
    expect((await list(w, '?verdict=denied')).ids).toEqual(['d0003'])
    expect((await list(w, '?action=add_node&verdict=denied')).ids).toEqual([])
  })

  it('pages through what matches without a gap', async () => {
    const w = await filled(30, (number) => ({ verdict: number % 3 === 0 ? 'denied' : 'allowed' }))
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: Listed = await list(w, `?verdict=denied&limit=3${next ? `&cursor=${next}` : ''}`)
      expect(page.ids.length).toBeLessThanOrEqual(3)
      seen.push(...page.ids)
      next = page.next
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, index) => `d${String(27 - index * 3).padStart(4, '0')}`))
  })

  it('looks at a bounded number of decisions and then goes on by cursor', async () => {
    const w = await filled(5_200, (number) => ({ verdict: number === 0 ? 'failed' : 'allowed' }))
    const first = await list(w, '?verdict=failed')
    expect(first.ids).toEqual([])
    expect((await list(w, `?verdict=failed&cursor=${first.next}`)).ids).toEqual(['d0000'])
  })

  it('shows who is bound to clusters only what concerns these', async () => {
    const clusters = ['west-1', 'east-1', null]
    const w = await filled(6, (number) => ({ cluster_id: clusters[number % 3] ?? null }), viewer)
    expect((await list(w)).ids).toEqual(['d0003', 'd0000'])
    expect((await list(w, '?limit=1')).ids).toEqual(['d0003'])
    expect(await list(w, '?cluster_id=east-1')).toMatchObject({ status: 404, code: 'cluster.not_found' })
  })

  it.each(['?cursor=made-up', '?limit=0', '?limit=501', '?verdict=maybe'])('refuses %s', async (query) => {
    expect((await list(policyWorld(), query)).status).toBe(400)
  })

  it('refuses the cursor of another list', async () => {
    const w = await filled(3, () => ({}))
    const { next } = await list(w, '?limit=1')
    expect(await list(w, `?limit=1&verdict=allowed&cursor=${next}`)).toMatchObject({
      status: 400,
      code: 'cursor.invalid',
    })
  })
})

describe('GET /decisions/{decision_id}', () => {
  const read = async (w: World, id: string): Promise<{ status: number; body: unknown }> => {
    const response = await appOf(getDecision, w.ports).request(`/decisions/${id}`)
    return { status: response.status, body: await response.json() }
  }

  it('gives one record', async () => {
    const w = await filled(1, () => ({}))
    expect(await read(w, 'd0000')).toEqual({ status: 200, body: { success: true, data: decision(0) } })
  })

  it('answers alike for what is not there and what is out of scope', async () => {
    const w = await filled(1, () => ({ cluster_id: 'east-1' }), viewer)
    for (const id of ['d0000', 'd0009'])
      expect(await read(w, id)).toMatchObject({ status: 404, body: { code: 'decision.not_found' } })
  })
})
