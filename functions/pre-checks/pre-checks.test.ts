import { readFileSync } from 'node:fs'
import type { Caller } from '@gridgate/core/caller'
import { policyActions } from '@gridgate/core/policy/actions'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { addCluster, guard, policyWorld, publish } from '../../test/policy-world.ts'
import type { World } from '../../test/world.ts'
import { readPreChecks } from './read.ts'
import { updatePreChecks } from './update.ts'

const fixtures = new URL('../../packages/core/src/policy/fixtures/', import.meta.url)
const fixture = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'))
const documented = fixture('actions-map-gateway-documented.json')

interface Answer {
  status: number
  body: {
    success?: boolean
    map?: Record<string, unknown>
    warnings?: { code: string; pointer: string }[]
    code?: string
    detail?: string
    details?: Record<string, unknown>
  }
}

async function answered(replying: Response | Promise<Response>): Promise<Answer> {
  const response = await replying
  return { status: response.status, body: (await response.json()) as Answer['body'] }
}

const update = (w: World, change: unknown, query = ''): Promise<Answer> =>
  answered(
    appOf(updatePreChecks, w.ports).request(`/pre-check-policies/update${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(change),
    }),
  )

const read = (w: World, query = ''): Promise<Answer> =>
  answered(appOf(readPreChecks, w.ports).request(`/pre-check-policies/get${query}`))

const atWest = '?cluster_id=west-1'

describe("the network's policy map", () => {
  it('is empty at first', async () => {
    expect(await read(policyWorld())).toEqual({ status: 200, body: { success: true, map: {} } })
  })

  it('takes the documented map; what is not registered yet is a warning each (20)', async () => {
    const w = policyWorld()
    const { status, body } = await update(w, documented)
    expect({ status, map: body.map, success: body.success }).toEqual({ status: 200, map: documented, success: true })
    expect(body.warnings).toHaveLength(10)
    expect(body.warnings?.[0]).toMatchObject({ code: 'pre_check.policy_unknown', pointer: '/add_node' })
    expect((await read(w)).body).toEqual({ success: true, map: documented })
  })

  it('merges: what is named is set, an empty string or null removes, the rest stays (20)', async () => {
    const w = policyWorld()
    await update(w, documented)
    const { body } = await update(w, { ...fixture('actions-map-update-request-gateway.json'), scale_block: null })
    const { remove_cluster: _, add_block: __, scale_block: ___, ...kept } = documented
    expect(body.map).toEqual({
      ...kept,
      add_node: 'aiosv1.policies.cluster-controller-gateway.add-node:v0.0.12-stable',
      add_cluster: 'aiosv1.policies.cluster-controller-gateway.add-cluster:v0.0.2-stable',
    })
    expect((await read(w)).body.map).toEqual(body.map)
  })

  it('takes URIs and objects alike, and stores aliases under the name of the action (18, 19)', async () => {
    const w = policyWorld()
    const { create_cluster: uri, ...rest } = fixture('actions-map-object-form.json')
    expect((await update(w, { create_cluster: uri, ...rest })).body.map).toEqual({ ...rest, add_cluster: uri })
    expect((await update(w, { create_cluster: '' })).body.map).toEqual(rest)
  })

  it('says nothing of a policy that is registered', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'admit')
    expect((await update(w, { add_node: uri })).body).toEqual({ success: true, map: { add_node: uri } })
  })

  it.each([
    ['an action that is not known, listing those that are', { on_fire: 'a:1-b' }, '', 'pre_check.unknown_action'],
    ['two names for one action', { scale: 'a:1-b', reassign: 'c:1-d' }, '', 'request.invalid'],
    ['a value that is no policy', { add_node: 'not a uri' }, '', 'request.invalid'],
    ['an object without a URI', { add_node: { parameters: {} } }, '', 'request.invalid'],
    ['a policy that is not registered, when strict', { add_node: 'a:1-b' }, '?strict=true', 'pre_check.policy_unknown'],
  ])('refuses %s', async (_, change, query, code) => {
    const w = policyWorld()
    await update(w, { add_block: 'x:1-y' })
    const before = w.snapshot()
    const refused = await update(w, change, query)
    expect(refused).toMatchObject({ status: 400, body: { code } })
    if (code === 'pre_check.unknown_action') expect(refused.body.details?.known).toEqual(policyActions)
    expect(w.snapshot()).toEqual(before)
  })

  it('refuses a map that is too large', async () => {
    const w = policyWorld()
    const large = { policyRuleURI: 'a:1-b', parameters: { x: 'x'.repeat(140_000) } }
    expect(await update(w, { add_node: large })).toMatchObject({ status: 413, body: { code: 'request.too_large' } })
    expect(w.snapshot()).toEqual([])
  })

  it('is for network admins; everybody may read it (44)', async () => {
    const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: '*' }
    const w = policyWorld({}, manager)
    expect(await update(w, { add_node: 'a:1-b' })).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
    expect(w.snapshot()).toEqual([])
    expect((await read(w)).status).toBe(200)
  })

  it('loses no change when two arrive at once, and keeps every version', async () => {
    const w = policyWorld()
    await Promise.all([update(w, { add_node: 'a:1-b' }), update(w, { add_block: 'c:1-d' })])
    expect((await read(w)).body.map).toEqual({ add_node: 'a:1-b', add_block: 'c:1-d' })
    expect(w.snapshot().filter(({ sk }) => sk.startsWith('POLICY_MAP#'))).toHaveLength(2)
  })

  it('is audited by digests (20)', async () => {
    const w = policyWorld()
    await update(w, { add_node: 'a:1-b' })
    expect(w.audit()).toMatchObject([{ operation: 'pre-checks/update', changes: [{ subject: 'policy-map network' }] }])
    expect(JSON.stringify(w.audit())).not.toContain('a:1-b')
  })
})

describe("a cluster's policy map", () => {
  it('is a part of its document, and is merged there; free names that it holds stay (20)', async () => {
    const w = policyWorld()
    await addCluster(w, 'west-1', { onScaleUp: 'x:1-y', create_block: 'a:1-b' })
    const { status, body } = await update(w, fixture('actions-map-update-request-cluster.json'), atWest)
    const { remove_block: _, add_vdag_controller: __, ...set } = fixture('actions-map-update-request-cluster.json')
    const map = { onScaleUp: 'x:1-y', create_block: 'a:1-b', ...set }
    expect({ status, map: body.map }).toEqual({ status: 200, map })
    expect((await read(w, atWest)).body).toEqual({ success: true, map })
    expect((await read(w)).body.map).toEqual({})
    expect((await update(w, { add_block: 'c:1-d' }, atWest)).body.map).toEqual({
      onScaleUp: 'x:1-y',
      ...set,
      add_block: 'c:1-d',
    })
  })

  it("is guarded by the network's update_cluster policy", async () => {
    const w = policyWorld()
    await addCluster(w, 'west-1')
    await guard(w, { update_cluster: await publish(w, 'deny') })
    const refused = await update(w, { add_node: 'a:1-b' }, atWest)
    expect(refused).toMatchObject({ status: 403, body: { code: 'pre_check.denied', detail: 'the quota is used up' } })
    expect((await read(w, atWest)).body.map).toEqual({})
    const { items } = await w.ports.decisions.list({ after: null, limit: 10 })
    expect(items).toMatchObject([{ action: 'update_cluster', cluster_id: 'west-1', verdict: 'denied' }])
  })

  it('does not guard its own change, so that a policy that fails can be taken out', async () => {
    const w = policyWorld()
    await addCluster(w, 'west-1', { update_cluster: await publish(w, 'raise'), add_node: 'a:1-b' })
    const { status, body } = await update(w, { update_cluster: '' }, atWest)
    expect({ status, map: body.map }).toEqual({ status: 200, map: { add_node: 'a:1-b' } })
  })

  it("warns of another cluster's policy as of one that is not there", async () => {
    const w = policyWorld()
    await addCluster(w, 'west-1')
    await addCluster(w, 'east-1')
    const uri = await publish(w, 'admit', { cluster_id: 'east-1' })
    expect((await update(w, { add_node: uri }, atWest)).body.warnings).toHaveLength(1)
    expect((await update(w, { add_node: uri }, '?cluster_id=east-1')).body).not.toHaveProperty('warnings')
  })

  it('answers 404 for a cluster that is not there or out of scope', async () => {
    const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }
    const w = policyWorld({}, manager)
    await addCluster(w, 'west-1')
    await addCluster(w, 'east-1')
    expect((await update(w, { add_node: 'a:1-b' }, atWest)).status).toBe(200)
    for (const id of ['east-1', 'north-1']) {
      const refused = { status: 404, body: { code: 'cluster.not_found' } }
      expect(await update(w, { add_node: 'a:1-b' }, `?cluster_id=${id}`)).toMatchObject(refused)
      expect(await read(w, `?cluster_id=${id}`)).toMatchObject(refused)
    }
  })
})
