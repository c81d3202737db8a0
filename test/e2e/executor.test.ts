import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scripted } from '../scripted-policies.ts'
import { eventually, type Product, root, startProduct, temporaryFolder } from './product.ts'

/** A task on a busy machine, in milliseconds. */
const taskMsMax = 120_000
const folder = temporaryFolder()
const executor = { executor_id: 'executor-001', executor_host_uri: 'http://executors.company.net:30900' }

let product: Product
let kubeconfig: string
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  kubeconfig = readFileSync((await product.ready).kubeconfig, 'utf8')
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

interface Body {
  data: { task_id: string; task_status: string; task_status_data: { error?: string }; [name: string]: unknown }
  code?: string
}
async function call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Body }> {
  return product.call(method, path, body)
}
async function done(method: string, path: string, body?: unknown): Promise<Body['data']> {
  const answered = await call(method, path, body)
  expect([answered.status, answered.body.code]).toEqual([200, undefined])
  return answered.body.data
}
async function finished(method: string, path: string): Promise<Body['data']> {
  const { task_id: id } = await done(method, path, { cluster_config: kubeconfig, max_processes: 2 })
  await eventually(
    async () => !/pending|in_progress/.test((await done('GET', `/tasks/${id}`)).task_status),
    taskMsMax / 1000,
  )
  return done('GET', `/tasks/${id}`)
}

const cluster = JSON.parse(
  readFileSync(`${root}/packages/core/src/cluster/fixtures/cluster-minimal-gateway-test.json`, 'utf8'),
) as Record<string, unknown>
const register = (id: string) => call('POST', '/clusters/create', { ...cluster, id })

describe('policies on an executor of the simulated cluster', () => {
  it('are run by a program that a workflow built there', { timeout: taskMsMax }, async () => {
    await done('POST', '/executor', executor)
    expect(await finished('POST', '/executor/executor-001/create-infra')).toMatchObject({ task_status: 'completed' })
    const policy = { name: 'deny', version: '1', release_tag: 'test', code: scripted.deny.source }
    await done('POST', '/policy', policy)
    const run = { policy_rule_uri: 'deny:1-test', input_data: { any: 'thing' } }
    expect(await done('POST', '/executor/executor-001/execute_policy', run)).toEqual({
      allowed: false,
      input_data: 'the quota is used up',
    })
  })

  it('decide once the network is switched there, and the record says where', async () => {
    await call('POST', '/pre-check-policies/update', { add_cluster: 'deny:1-test' })
    await done('PUT', '/policy-execution', { mode: 'remote', executor_id: 'executor-001' })
    expect(await register('west-9')).toMatchObject({ status: 403, body: { code: 'pre_check.denied' } })
    expect(await done('GET', '/decisions?limit=1')).toMatchObject([{ engine: 'executor-001', verdict: 'denied' }])
  })

  it('admit nothing once it is gone; nothing runs in its place', async () => {
    const refused = await call('DELETE', '/executor/executor-001/remove-infra', { cluster_config: kubeconfig })
    expect(refused).toMatchObject({ status: 409, body: { code: 'executor.in_use' } })
    await done('PUT', '/executor/executor-001', { executor_host_uri: 'http://executors.company.net:30999' })
    expect(await register('west-9')).toMatchObject({ status: 503, body: { code: 'executor.unreachable' } })
    expect((await call('GET', '/clusters/read/west-9')).status).toBe(404)
  })

  it('run at home again after a switch, and the executor goes without a trace', { timeout: taskMsMax }, async () => {
    await done('PUT', '/policy-execution', { mode: 'local' })
    expect(await register('west-9')).toMatchObject({ status: 403, body: { code: 'pre_check.denied' } })
    expect(await done('GET', '/decisions?limit=1')).toMatchObject([{ engine: 'local' }])
    expect(await finished('DELETE', '/executor/executor-001/remove-infra')).toMatchObject({ task_status: 'completed' })
    await done('DELETE', '/executor/executor-001')
  })
})
