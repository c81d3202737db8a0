import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { kubeconfigFor } from './kubernetes.ts'
import { eventually, type Product, type Ready, startProduct, temporaryFolder } from './product.ts'

/** One text that stands in every field of the kubeconfigs below, and nowhere else. */
const canary = `canary${randomBytes(12).toString('hex')}`

/** How the canary may look when something wrote it down: plain, base64 at each alignment, hex. */
const spellings = [
  canary,
  ...[0, 1, 2].map((shift) =>
    Buffer.from('x'.repeat(shift) + canary)
      .toString('base64')
      .slice(4, -4),
  ),
  Buffer.from(canary).toString('hex'),
]

const folder = temporaryFolder()
let product: Product
let ready: Ready
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  ready = await product.ready
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

const document = (id: string) => ({
  id,
  regionId: 'us-west-2',
  nodes: { count: 1, nodeData: [{ id: 'node-1', gpus: { count: 1 } }] },
  config: { publicHostname: `${id}.company.net`, useGateway: true },
})

/** The simulated cluster's kubeconfig, with the canary as name, token, and in fields that nobody knows. */
function withCanary(login: object = { token: canary }): string {
  const naming = { cluster: `c-${canary}`, user: `u-${canary}`, context: `x-${canary}` }
  const config = parse(kubeconfigFor(ready.kubeconfig, { ...naming, login: login as Record<string, string> }))
  config.preferences = { colors: canary }
  config.extensions = [{ name: canary, extension: { value: canary } }]
  config.users.push({ name: 'another', user: { token: canary, password: canary } })
  config.contexts[0].context.namespace = canary
  return stringify(config)
}

const replies: string[] = []
async function send(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  const reply = await product.call(method, path, body, headers)
  replies.push(JSON.stringify([...reply.headers]), JSON.stringify(reply.body))
  return { status: reply.status, body: reply.body as Record<string, unknown> & { data: Record<string, unknown> } }
}

async function failed(taskId: unknown): Promise<void> {
  const status = async () => (await product.call('GET', `/tasks/${taskId}`)).body as { data: { task_status: string } }
  expect(await eventually(async () => (await status()).data.task_status === 'failed', 20)).toBe(true)
}

/** Everything that any AWS client may read of the executions. */
async function histories(): Promise<string> {
  const { endpoint, region, ...credentials } = ready.aws
  const states = new SFNClient({ endpoint, region, credentials })
  const seen: unknown[] = []
  const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}))
  for (const { stateMachineArn } of stateMachines) {
    const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }))
    for (const { executionArn } of executions)
      seen.push(await states.send(new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true })))
  }
  states.destroy()
  expect(seen.length).toBe(4)
  return JSON.stringify(seen)
}

describe('a kubeconfig', () => {
  it('goes into tasks that run, in every form and on every route', { timeout: 60_000 }, async () => {
    for (const id of ['a', 'b']) await send('POST', '/clusters/create', document(id))
    const object = { cluster_id: 'a', kube_config_data: parse(withCanary()) }
    const base64 = { cluster_id: 'b', kube_config_data: Buffer.from(withCanary()).toString('base64') }
    const started = [
      (await send('POST', '/create-cluster-infra', object)).body.data.task_id,
      (await send('POST', '/create-cluster-infra', base64, { 'idempotency-key': 'once' })).body.data.task_id,
      (await send('POST', '/api/createCluster', { ...document('c'), kube_config_data: withCanary() })).body.task_id,
    ]
    for (const taskId of started) await failed(taskId)
    const removal = await send('POST', '/remove-cluster-infra', object)
    await failed(removal.body.data.task_id)
  })

  it.each([
    ['a program', () => withCanary({ exec: { command: canary, env: [{ name: 'A', value: canary }] } })],
    ['a plug-in', () => withCanary({ 'auth-provider': { name: canary } })],
    ['a password', () => withCanary({ username: canary, password: canary })],
    ['a file', () => withCanary({ tokenFile: `/${canary}` })],
    ['impersonation', () => withCanary({ token: canary, as: canary })],
    ['a token with a line break', () => withCanary({ token: `${canary}\n${canary}` })],
    ['no YAML', () => `a: [${canary}\n  b: "${canary}`],
    ['another current context', () => withCanary().replace(/^current-context.*$/m, `current-context: other${canary}`)],
    ['a proxy', () => withCanary().replace('    server:', `    proxy-url: http://${canary}\n      server:`)],
  ])('with %s is refused without a word of it', async (_, text) => {
    const order = { cluster_id: 'a', kube_config_data: text() }
    const { status, body } = await send('POST', '/create-cluster-infra', order)
    expect([status, body.code]).toEqual([400, 'kubeconfig.invalid'])
    expect(JSON.stringify(body)).not.toContain(canary)
  })

  it('is found in no reply, task, decision, history, log or file afterwards', async () => {
    const { body } = await send('GET', '/tasks')
    for (const { task_id } of body.data as unknown as { task_id: string }[]) await send('GET', `/tasks/${task_id}`)
    for (const path of ['/clusters', '/decisions']) await send('GET', path)
    const said = [...replies, await histories(), JSON.stringify(product.said), product.errors()].join('\n')
    for (const spelling of spellings) {
      expect(said).not.toContain(spelling)
      expect(spawnSync('grep', ['-rlaF', spelling, folder.path], { encoding: 'utf8' }).stdout).toBe('')
    }
    // The search itself would find it.
    expect(execFileSync('grep', ['-rlaF', 'cluster_infra_creation', folder.path], { encoding: 'utf8' })).not.toBe('')
  })
})
