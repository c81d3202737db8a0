import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import { exposition } from '@gridgate/core/counter/exposition'
import { keys } from '@gridgate/storage/table'
import { describe, expect, it } from 'vitest'
import { id, opened, order, post } from '../../test/action-world.ts'
import { appOf } from '../../test/call-endpoint.ts'
import { admin, type World } from '../../test/world.ts'
import { showMetrics } from './metrics.ts'

/** A series and its value, by the grammar of the text format 0.0.4, written independently of what makes it. */
function parse(text: string): { types: Record<string, string>; series: Record<string, number> } {
  const types: Record<string, string> = {}
  const series: Record<string, number> = {}
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|summary)$/.exec(line)
    if (type) types[type[1] ?? ''] = type[2] ?? ''
    if (line.startsWith('#')) continue
    const [, name = '', , labels = '', value = ''] =
      /^([a-zA-Z_:][\w:]*)(\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? ([\d.e+-]+)$/.exec(line) ?? []
    const key = `${name} ${labels}`.trim()
    expect([line, name in types || name.replace(/_(sum|count)$/, '') in types, key in series]).toEqual([
      line,
      true,
      false,
    ])
    series[key] = Number(value)
  }
  return { types, series }
}

async function scrape(w: World) {
  const reply = await appOf(showMetrics, w.ports).request('/failover/metrics')
  const mediaType = reply.headers.get('content-type')
  expect([reply.status, mediaType]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8'])
  return parse(await reply.text())
}

const frozen = { freeze: { reason: 'power', until: '2030-01-02T00:00:00Z' } }

describe('GET /failover/metrics', () => {
  it('counts nothing before the first action', async () => {
    const { types, series } = await scrape(await opened())
    expect(types).toEqual({
      ...{ gridgate_actions_total: 'counter', gridgate_action_refusals_total: 'counter' },
      ...{ gridgate_action_step_seconds: 'summary', gridgate_actions_open: 'gauge' },
      ...{ gridgate_failover_budget_left: 'gauge', gridgate_notifications_total: 'counter' },
    })
    expect(series).toEqual({
      ...{ 'gridgate_notifications_total outcome="delivered"': 0, 'gridgate_notifications_total outcome="refused"': 0 },
      ...{ 'gridgate_notifications_total outcome="dropped"': 0, 'gridgate_notifications_total outcome="buried"': 0 },
      'gridgate_notifications_total outcome="unqueued"': 0,
    })
  })

  it('tells refusals by reason, what is open, and what is left of the budgets', async () => {
    const w = await opened()
    const { value } = await w.ports.failoverSettings.find(id)
    await w.ports.failoverSettings.replace(id, { ...value, ...frozen }, 0)
    await post(w, order)
    await post(w, order)
    await w.ports.failoverSettings.replace(id, value, 1)
    await post(w, { ...order, id: 'a-2', node_name: 'n1', type: 'repair_nodepool' })
    await post(w, { ...order, id: 'a-3', dry_run: true })
    expect((await post(w, { ...order, id: 'a-4' })).status).toBe(202)
    const { series } = await scrape(w)
    expect(series).toMatchObject({
      'gridgate_actions_total cluster_id="west-1",type="cordon_nodepool",state="refused"': 2,
      'gridgate_action_refusals_total cluster_id="west-1",code="failover.frozen"': 2,
      'gridgate_actions_total cluster_id="west-1",type="repair_nodepool",state="refused"': 1,
      'gridgate_action_refusals_total cluster_id="west-1",code="action.preflight_failed"': 1,
      'gridgate_actions_open cluster_id="west-1"': 1,
      'gridgate_failover_budget_left cluster_id="west-1",budget="explicit.repairs_per_cluster"': 4,
      'gridgate_failover_budget_left cluster_id="west-1",budget="automatic.pools_in_flight_max"': 1,
      'gridgate_failover_budget_left budget="network.repairs"': 6,
      'gridgate_failover_budget_left budget="network.clusters_in_flight_max"': 2,
    })
    expect(Object.keys(series).filter((name) => name.startsWith('gridgate_actions_total'))).toHaveLength(2)
  })

  it('sums the times of steps over clusters, in seconds', async () => {
    const w = await opened()
    const [east, west] = [Cluster.parse({ id: 'east-1', regionId: 'eu', nodes: { count: 0 } }).id, id]
    await w.ports.counters.add({ clusterId: west, counts: { 'steps#Preflight': 2, 'step_ms#Preflight': 1250 } })
    await w.ports.counters.add({ clusterId: east, counts: { 'steps#Preflight': 1, 'step_ms#Preflight': 250 } })
    expect((await scrape(w)).series).toMatchObject({
      'gridgate_action_step_seconds_sum step="Preflight"': 1.5,
      'gridgate_action_step_seconds_count step="Preflight"': 3,
      'gridgate_actions_open cluster_id="east-1"': 0,
    })
  })

  it('tells a caller of some clusters nothing of others', async () => {
    const caller: Caller = { ...admin }
    const w = await opened({}, caller)
    expect((await post(w, order)).status).toBe(202)
    expect((await post(w, { ...order, id: 'a-2' })).status).toBe(409)
    expect(JSON.stringify(await scrape(w))).toContain('west-1')
    Object.assign(caller, { role: 'viewer', clusters: ['east-1'] })
    expect(JSON.stringify(await scrape(w))).not.toContain('west-1')
  })

  it('leaves out what cannot be read, and tells the rest', async () => {
    const w = await opened()
    await post(w, order)
    await post(w, { ...order, id: 'a-2' })
    await w.store.write({ put: { ...keys.history(id), version: 1, json: 'no history' } })
    const { series } = await scrape(w)
    expect(series['gridgate_actions_open cluster_id="west-1"']).toBe(1)
    expect(Object.keys(series).join()).not.toContain('budget_left')
  })

  it('may hold any text in a label', () => {
    const samples = [{ labels: { code: 'a"b\\c\nd' }, value: 1 }]
    const text = exposition([{ name: 'x', type: 'gauge', help: 'one\nline', samples }])
    expect(text).toBe('# HELP x one\\nline\n# TYPE x gauge\nx{code="a\\"b\\\\c\\nd"} 1\n')
    expect(parse(text).series).toEqual({ 'x code="a\\"b\\\\c\\nd"': 1 })
  })
})
