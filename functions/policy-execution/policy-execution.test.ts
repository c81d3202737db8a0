import { preCheck } from '@gridgate/core/policy/pre-check'
import { describe, expect, it } from 'vitest'
import { call } from '../../test/call-endpoint.ts'
import { addExecutorTo, type ExecutorWorld, executorWorld } from '../../test/executor-world.ts'
import { addCluster, guard, publish } from '../../test/policy-world.ts'
import { admin } from '../../test/world.ts'
import { readExecution } from './read.ts'
import { readExecutionOfCluster } from './read-cluster.ts'
import { switchExecution } from './update.ts'
import { switchExecutionOfCluster } from './update-cluster.ts'

const ofNetwork = '/policy-execution'
const ofWest = '/clusters/west-1/policy-execution'

const remote = (executor_id = 'executor-001') => ({ mode: 'remote', executor_id })

async function switchable(): Promise<ExecutorWorld> {
  const w = executorWorld()
  await addExecutorTo(w)
  await addExecutorTo(w, 'executor-002')
  return w
}

async function check(w: ExecutorWorld, clusterId: string | null = null) {
  const stored = clusterId === null ? null : await w.ports.clusters.find(clusterId as never)
  const asked = { action: 'add_node', cluster: stored?.cluster ?? null, caller: admin, requestId: 'r1' } as const
  return preCheck(w.ports, { ...asked, input: { node_data: { id: 'n' } } })
}
const engines = async ({ ports }: ExecutorWorld) =>
  (await ports.decisions.list({ after: null, limit: 10 })).items.map(({ level, engine }) => `${level} ${engine}`)

describe('the switch of the network', () => {
  it('is local until it is changed, and holds from the next decision on', async () => {
    const w = await switchable()
    await guard(w, { add_node: await publish(w, 'tag') })
    expect(await call(w, readExecution, ofNetwork)).toMatchObject({
      etag: '"0"',
      body: { data: { mode: 'local', executor_id: null } },
    })
    await check(w)
    const switched = await call(w, switchExecution, ofNetwork, remote(), { 'if-match': '"0"' })
    expect(switched).toMatchObject({ status: 200, etag: '"1"', body: { data: remote() } })
    expect((await check(w)).input).toMatchObject({ owner: 'ops' })
    expect((await call(w, switchExecution, ofNetwork, { mode: 'local' })).body.data).toEqual({
      mode: 'local',
      executor_id: null,
    })
    await check(w)
    expect(await engines(w)).toEqual(['network local', 'network executor-001', 'network local'])
    const switches = w.audit().filter(({ changes }) => changes[0]?.subject === 'policy-execution network')
    expect(switches).toHaveLength(2)
  })

  it.each([
    ['remote without an executor', { mode: 'remote' }, {}, 400, 'request.invalid'],
    ['an executor that is not registered', remote('ghost'), {}, 404, 'executor.not_found'],
    ['another mode', { mode: 'central', executor_id: 'executor-001' }, {}, 400, 'request.invalid'],
    ['another version', remote(), { 'if-match': '"4"' }, 412, 'precondition.failed'],
  ])('refuses %s', async (_, body, headers, status, code) => {
    const w = await switchable()
    const before = w.snapshot()
    expect(await call(w, switchExecution, ofNetwork, body, headers)).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual(before)
  })
})

describe('the switch of a cluster', () => {
  it("is the network's until it has its own, which is a part of its document", async () => {
    const w = await switchable()
    await addCluster(w, 'west-1')
    await call(w, switchExecution, ofNetwork, remote())
    expect((await call(w, readExecutionOfCluster, ofWest)).body.data).toEqual({ ...remote(), source: 'network' })
    const own = await call(w, switchExecutionOfCluster, ofWest, remote('executor-002'))
    expect(own.body.data).toEqual({ ...remote('executor-002'), source: 'cluster' })
    expect((await w.ports.clusters.find('west-1' as never))?.cluster.config).toMatchObject({
      policyExecutionMode: 'remote',
      policyExecutorId: 'executor-002',
    })
    const back = await call(w, switchExecutionOfCluster, ofWest, { mode: null })
    expect(back.body.data).toEqual({ ...remote(), source: 'network' })
  })

  it("moves the cluster's own policies and no others; nothing runs where it was not told to", async () => {
    const w = await switchable()
    const uri = await publish(w, 'tag')
    await addCluster(w, 'west-1', { add_node: uri })
    await guard(w, { add_node: uri })
    await call(w, switchExecutionOfCluster, ofWest, remote())
    await check(w, 'west-1')
    expect((await engines(w)).sort()).toEqual(['cluster executor-001', 'network local'])
    await call(w, switchExecution, ofNetwork, remote('executor-002'))
    await call(w, switchExecutionOfCluster, ofWest, { mode: 'local' })
    await check(w, 'west-1')
    expect((await engines(w)).sort()).toEqual([
      ...['cluster executor-001', 'cluster local', 'network executor-002', 'network local'],
    ])
  })

  it("is admitted by the network's policy, not by the cluster's own, which may be what cannot run", async () => {
    const w = await switchable()
    const uri = await publish(w, 'deny')
    await addCluster(w, 'west-1', { update_cluster: uri })
    expect(await call(w, switchExecutionOfCluster, ofWest, remote())).toMatchObject({ status: 200 })
    await guard(w, { update_cluster: uri })
    const before = await w.ports.clusters.find('west-1' as never)
    const refused = await call(w, switchExecutionOfCluster, ofWest, { mode: 'local' })
    expect(refused).toMatchObject({ status: 403, body: { code: 'pre_check.denied' } })
    expect(await w.ports.clusters.find('west-1' as never)).toEqual(before)
  })

  it.each([
    ['remote without an executor', { mode: 'remote' }, {}, 400, 'request.invalid'],
    ['an executor that is not registered', remote('ghost'), {}, 404, 'executor.not_found'],
    ['another version', remote(), { 'if-match': '"99"' }, 412, 'precondition.failed'],
  ])('refuses %s', async (_, body, headers, status, code) => {
    const w = await switchable()
    await addCluster(w, 'west-1')
    const before = w.snapshot()
    expect(await call(w, switchExecutionOfCluster, ofWest, body, headers)).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual(before)
  })

  it('answers 404 for a cluster that is not there', async () => {
    const w = await switchable()
    for (const [endpoint, body] of [[readExecutionOfCluster], [switchExecutionOfCluster, { mode: 'local' }]] as const)
      expect(await call(w, endpoint, ofWest, body)).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } })
  })
})

describe('a decision on an executor', () => {
  it.each([
    ['executor.unreachable', 503],
    ['executor.timeout', 504],
    ['policy.crashed', 503],
  ] as const)('fails closed with %s, and the record says where', async (code, status) => {
    const w = await switchable()
    await guard(w, { add_node: await publish(w, 'admit') })
    await call(w, switchExecution, ofNetwork, remote())
    w.answer({ ok: false, code, message: 'no', line: null, log: '', durationMs: 1 })
    await expect(check(w)).rejects.toMatchObject({ code, status })
    const { items } = await w.ports.decisions.list({ after: null, limit: 1 })
    expect(items).toMatchObject([{ verdict: 'failed', code, engine: 'executor-001' }])
  })

  it.each([
    ['is not registered', 'ghost'],
    ['has no address', 'executor-003'],
  ])('fails closed when the executor that a document names %s; nothing runs in its place', async (_, id) => {
    const w = await switchable()
    await addExecutorTo(w, 'executor-003', {})
    const { cluster, version } = await addCluster(w, 'west-1', { add_node: await publish(w, 'admit') })
    const config = { ...cluster.config, policyExecutionMode: 'remote', policyExecutorId: id }
    await w.ports.clusters.replace({ ...cluster, config }, version)
    await expect(check(w, 'west-1')).rejects.toMatchObject({ code: 'executor.unreachable', status: 503 })
    expect(await engines(w)).toEqual([`cluster ${id}`])
    expect(w.asked).toEqual([])
  })

  it('keeps the context of a policy, wherever it runs', async () => {
    const w = await switchable()
    await guard(w, { add_node: await publish(w, 'count') })
    await check(w)
    await call(w, switchExecution, ofNetwork, remote())
    await check(w)
    await expect(check(w)).rejects.toThrow('run 3 is too many')
  })
})
