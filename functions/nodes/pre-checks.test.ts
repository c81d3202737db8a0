import type { JsonObject } from '@gridgate/core/json'
import { beforeEach, describe, expect, it } from 'vitest'
import { addCluster, guard, policyWorld, publish } from '../../test/policy-world.ts'
import type { World } from '../../test/world.ts'
import { dryRunAddition } from './dry-run-add.ts'
import { dryRunRemoval } from './dry-run-remove.ts'
import { manageAddition } from './manage-add.ts'
import { manageRemoval } from './manage-remove.ts'
import { preCheckAddition } from './pre-check-add.ts'
import { preCheckRemoval } from './pre-check-remove.ts'

const app = { app: (ports: never) => ({ request: (_: string, __: object): Response | Promise<Response> => ports }) }
const routes: [string, typeof app, string, JsonObject | undefined, 'add_node' | 'remove_node'][] = [
  ['pre-check of adding', preCheckAddition as never, '/pre-checks/add-node/west-1', { id: 'n2' }, 'add_node'],
  [
    'pre-check of removing',
    preCheckRemoval as never,
    '/pre-checks/remove-node/west-1',
    { node_id: 'n1' },
    'remove_node',
  ],
  [
    'dry run of adding',
    dryRunAddition as never,
    '/pre-check-policies/add_node/dry_run/west-1',
    { id: 'n2' },
    'add_node',
  ],
  [
    ...(['dry run of removing', dryRunRemoval as never] as const),
    ...(['/pre-check-policies/remove_node/dry_run/west-1/n1', undefined, 'remove_node'] as const),
  ],
]

let w: World
beforeEach(async () => {
  w = policyWorld()
  const stored = await addCluster(w)
  const nodes = { count: 1, nodeData: [{ id: 'n1' } as never] }
  await w.ports.clusters.replace({ ...stored.cluster, nodes }, stored.version)
})

const call = async (route: unknown, path: string, body?: JsonObject) => {
  const reply = await (route as typeof app).app(w.ports as never).request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: reply.status, body: (await reply.json()) as JsonObject }
}

/** The same, and the proof that nothing at all was written. */
async function ask(route: unknown, path: string, body?: JsonObject) {
  const before = w.snapshot()
  const said = await call(route, path, body)
  expect(w.snapshot()).toEqual(before)
  return said
}

/** The cluster's own map. */
async function guardCluster(map: JsonObject): Promise<void> {
  const found = await w.ports.clusters.find('west-1' as never)
  if (!found) throw new Error('no cluster')
  const config = { ...found.cluster.config, actionsPolicyMap: map }
  await w.ports.clusters.replace({ ...found.cluster, config }, found.version)
}

describe.each(routes)('a %s', (name, route, path, body, action) => {
  const subject = action === 'add_node' ? { node_data: { id: 'n2' } } : { node_id: 'n1' }
  const isDryRun = name.startsWith('dry run')

  it('is allowed without a policy', async () => {
    const told = { success: true, allowed: true, ...subject }
    const whole = { success: true, allowed: true, data: { allowed: true, input_data: subject }, cluster_response: told }
    expect(await ask(route, path, body)).toEqual({ status: 200, body: isDryRun ? whole : told })
  })

  it("answers the network's denial with its reason, and nothing is recorded", async () => {
    await publish(w, 'deny')
    await guard(w, { [action]: 'deny:1-test' })
    const said = await ask(route, path, body)
    expect(said).toMatchObject({
      status: 200,
      body: { success: true, allowed: false, message: 'the quota is used up' },
    })
    if (isDryRun)
      expect(said.body).toMatchObject({
        data: { allowed: false, input_data: 'the quota is used up' },
        cluster_response: null,
      })
  })

  it("answers the cluster's denial, too", async () => {
    await publish(w, 'admit')
    await publish(w, 'deny')
    await guard(w, { [action]: 'admit:1-test' })
    await guardCluster({ [action]: { policyRuleURI: 'deny:1-test' } })
    const said = await ask(route, path, body)
    const denied = { success: true, allowed: false, message: 'the quota is used up' }
    expect(said).toMatchObject({ status: 200, body: denied })
    if (isDryRun) expect(said.body).toMatchObject({ data: { allowed: true }, cluster_response: denied })
  })

  it('leaves the context of a policy as it is', async () => {
    await publish(w, 'count')
    await guard(w, { [action]: 'count:1-test' })
    for (let run = 0; run < 4; run++) expect((await ask(route, path, body)).body.allowed).toBe(true)
  })

  it('is an error where no verdict is to be had', async () => {
    await publish(w, 'raise')
    await guard(w, { [action]: 'raise:1-test' })
    expect(await ask(route, path, body)).toMatchObject({ status: 503, body: { code: 'policy.crashed' } })
    await guard(w, { [action]: 'missing:1-test' })
    expect(await ask(route, path, body)).toMatchObject({ status: 503, body: { code: 'policy.not_found' } })
  })

  it('is refused for what is not there', async () => {
    const elsewhere = path.replace('west-1', 'nowhere')
    expect(await ask(route, elsewhere, body)).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } })
  })
})

describe('a trial', () => {
  it('shows the node as the policies leave it', async () => {
    await publish(w, 'tag')
    await guard(w, { add_node: 'tag:1-test' })
    const { body } = await ask(preCheckAddition, '/pre-checks/add-node/west-1', { nodeData: { nodeId: 'n2' } })
    expect(body).toMatchObject({ allowed: true, node_data: { id: 'n2' } })
  })

  it('needs a node that is one', async () => {
    const path = '/pre-checks/add-node/west-1'
    expect((await ask(preCheckAddition, path, { id: 'a b' })).status).toBe(400)
    expect((await ask(preCheckRemoval, '/pre-checks/remove-node/west-1', {})).status).toBe(400)
    const unknown = await ask(preCheckRemoval, '/pre-checks/remove-node/west-1', { node_id: 'n9' })
    expect(unknown).toMatchObject({ status: 404, body: { code: 'node.not_found' } })
  })
})

describe.each([
  ['add', manageAddition, preCheckAddition, { id: 'n2' }],
  ['remove', manageRemoval, preCheckRemoval, { node_id: 'n1' }],
] as const)('POST /pre-checks/%s-node/mgmt/{cluster_id}', (verb, manage, preCheck, body) => {
  const path = `/pre-checks/${verb}-node/mgmt/west-1`

  it("commands the network's policy, and the next pre-check feels it", async () => {
    await publish(w, 'count')
    await guard(w, { [`${verb}_node`]: 'count:1-test' })
    const said = await call(manage, path, { mgmt_action: 'limit', mgmt_data: { to: 0 } })
    expect(said).toEqual({ status: 200, body: { success: true, result: { now: 0 } } })
    expect((await ask(preCheck, `/pre-checks/${verb}-node/west-1`, { ...body })).body.allowed).toBe(false)
  })

  it('refuses a body without a command, and where nothing is to be commanded', async () => {
    for (const sent of [{}, { mgmt_action: 'limit' }, { mgmt_action: '', mgmt_data: {} }])
      expect((await ask(manage, path, sent)).status).toBe(400)
    const command = { mgmt_action: 'limit', mgmt_data: {} }
    expect(await ask(manage, path, command)).toMatchObject({ status: 404, body: { code: 'policy.not_found' } })
    const elsewhere = await ask(manage, path.replace('west-1', 'nowhere'), command)
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } })
  })
})
