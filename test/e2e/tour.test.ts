import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kubeconfigFor, kubernetes } from './kubernetes.ts'
import { eventually, type Product, type Ready, root, startProduct, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
const clusterId = 'cluster-west-vision-001'
const ours = `gridgate.io/cluster=${clusterId}`
const steps = [
  ...['CheckCluster', 'CreateNamespaces', 'GrantAccess', 'InstallMetricsDatabase', 'CheckMetricsDatabase'],
  ...['InstallMetricsWriter', 'InstallCollector', 'InstallController', 'ExposeServices', 'CheckServices'],
  ...['EnrolController', 'ReachController', 'WriteUrlMap'],
]
const base = `http://${clusterId}.company.net:32000`
const urlMap = {
  controllerService: `${base}/controller`,
  metricsService: `${base}/metrics`,
  blocksQuery: `${base}/blocks`,
  publicGateway: base,
  parameterUpdater: `${base}/mgmt`,
  membershipServer: `${base}/controller`,
}

let product: Product
let ready: Ready
let cluster: ReturnType<typeof kubernetes>
beforeAll(async () => {
  product = startProduct(folder.path)
  ready = await product.ready
  cluster = kubernetes(ready.kubeconfig)
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

interface SeenTask {
  task_status: string
  task_status_data: { error?: string; steps: { name: string; status: string }[] }
}
const data = async <Value>(path: string): Promise<Value> => {
  const { status, body } = await product.call('GET', path)
  expect(status).toBe(200)
  return (body as { data: Value }).data
}
const finished = async (taskId: string): Promise<SeenTask> => {
  const open = ['pending', 'in_progress']
  const isDone = async () => !open.includes((await data<SeenTask>(`/tasks/${taskId}`)).task_status)
  await eventually(isDone, 60)
  return data<SeenTask>(`/tasks/${taskId}`)
}

describe('the first start on an empty folder', () => {
  it('shows the main job from the guard to the address map', { timeout: 60_000 }, async () => {
    await product.until('tour.ended')
    const tour = product.said.filter(({ event }) => event === 'tour')
    expect(tour.find(({ policy }) => policy)).toMatchObject({ policy: 'region-allow-list:1.0.0-stable' })
    expect(tour.find(({ status }) => status)).toMatchObject({ status: 403, code: 'pre_check.denied' })
    expect(tour.flatMap(({ step }) => step ?? [])).toEqual(steps)
    expect(tour.at(-1)).toMatchObject({ url_map: urlMap })
  })

  it('leaves a cluster whose document names its services, and a task with every step', async () => {
    expect(await data(`/clusters/read/${clusterId}`)).toMatchObject({ id: clusterId, config: { urlMap } })
    const { task_id: taskId } = product.said.find(({ task_id }) => task_id) as unknown as { task_id: string }
    const task = await finished(taskId)
    expect(task.task_status).toBe('completed')
    expect(task.task_status_data.steps.map(({ name, status }) => [name, status])).toEqual(
      steps.map((name) => [name, 'succeeded']),
    )
  })

  it('leaves real objects in the simulated cluster, each with its owner', async () => {
    const { body } = await cluster.call('GET', '/api/v1/nodes')
    expect(body.items?.length).toBeGreaterThan(0)
    const objects = await cluster.labelled(ours)
    expect(objects).toEqual(
      expect.arrayContaining([
        `Deployment controllers/${clusterId}-controller`,
        'Deployment metrics/cluster-metrics',
        'Deployment metrics/metrics-writer',
        'DaemonSet metrics/metrics-collector',
        'Namespace /metrics',
        `Service controllers/${clusterId}-controller-svc`,
        `Mapping controllers/${clusterId}-controller-metrics`,
      ]),
    )
    const deployment = await cluster.call('GET', '/apis/apps/v1/namespaces/metrics/deployments/cluster-metrics')
    expect(deployment.body).toMatchObject({ status: { readyReplicas: 1 } })
  })
})

describe('npm run tour', () => {
  it('shows it again on the running server, as text', { timeout: 60_000 }, async () => {
    const tour = ['packages/local/src/tour/main.ts', '--url', ready.url, '--kubeconfig', ready.kubeconfig]
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, GRIDGATE_KEY: ready.key ?? '' }
    const child = spawn('sh', ['packages/local/bin/run.sh', ...tour], { cwd: root, env })
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += String(chunk)
    })
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    expect(text).toContain('refused: 403 pre_check.denied: region eu-north-9 is not one of us-west-2')
    for (const step of steps) expect(text).toContain(`✓ ${step}`)
    expect(text).toContain(`controllerService  ${urlMap.controllerService}`)
  })
})

describe('a tour that cannot be shown', () => {
  it.each([
    { when: 'the address is none', args: ['--url', 'nowhere'], code: 2, says: '--url' },
    { when: 'the key is empty', args: ['--key='], code: 2, says: 'key' },
    {
      when: 'nobody answers',
      args: ['--url', 'http://127.0.0.1:1'],
      code: 1,
      says: 'nothing answers at http://127.0.0.1:1',
    },
    { when: 'there is no kubeconfig', args: ['--kubeconfig', '/none'], code: 1, says: '--kubeconfig FILE' },
  ])('changes nothing and says why in one line when $when', async ({ args, code, says }) => {
    const before = await (
      await fetch(`${ready.url}/audit`, { headers: { authorization: `Bearer ${ready.key}` } })
    ).json()
    const tour = ['packages/local/src/tour/main.ts', '--url', ready.url, '--kubeconfig', ready.kubeconfig, ...args]
    const env = { PATH: process.env.PATH, GRIDGATE_KEY: ready.key ?? '' }
    const { status, stderr } = spawnSync(process.execPath, tour, { cwd: root, env, encoding: 'utf8' })
    expect(status).toBe(code)
    expect(stderr).toContain(says)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(
      await (await fetch(`${ready.url}/audit`, { headers: { authorization: `Bearer ${ready.key}` } })).json(),
    ).toEqual(before)
  })
})

describe('any AWS SDK client', () => {
  const settings = () => ({
    endpoint: ready.aws.endpoint,
    region: ready.aws.region,
    credentials: { accessKeyId: ready.aws.accessKeyId, secretAccessKey: ready.aws.secretAccessKey },
  })

  it('looks at the table', async () => {
    const db = new DynamoDBClient(settings())
    const { Table } = await db.send(new DescribeTableCommand({ TableName: 'gridgate' }))
    expect(Table?.TableStatus).toBe('ACTIVE')
    expect(Table?.KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk'])
    db.destroy()
  })

  it('reads the whole history of each execution', async () => {
    const states = new SFNClient(settings())
    const { stateMachines = [] } = await states.send(new ListStateMachinesCommand({}))
    expect(stateMachines.map(({ name }) => name)).toContain('gridgate-create-cluster-infra')
    const stateMachineArn = stateMachines.find(({ name }) => name?.includes('create-cluster'))?.stateMachineArn
    const { executions = [] } = await states.send(new ListExecutionsCommand({ stateMachineArn }))
    expect(executions.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])

    const events: HistoryEvent[] = []
    let nextToken: string | undefined
    do {
      const { executionArn } = executions[1] ?? {}
      const page = await states.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 20, nextToken }))
      events.push(...(page.events ?? []))
      nextToken = page.nextToken
    } while (nextToken)
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1))
    expect(events.every(({ id = 0, previousEventId = -1 }) => previousEventId < id)).toBe(true)
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['ExecutionStarted', 'ExecutionSucceeded'])
    const entered = events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? [])
    expect(entered.filter((name) => steps.includes(name))).toEqual(expect.arrayContaining(steps))
    states.destroy()
  })
})

describe('the way back', () => {
  it('takes everything of ours away, after which the cluster may go; a live token leaves no trace', {
    timeout: 60_000,
  }, async () => {
    const early = await product.call('DELETE', `/clusters/delete/${clusterId}`)
    expect([early.status, (early.body as { code: string }).code]).toEqual([409, 'cluster.in_use'])

    const token = await adminToken()
    const login = { token }
    const kubeconfig = kubeconfigFor(ready.kubeconfig, { cluster: 'c', user: 'u', context: 'x', login })
    const order = { cluster_id: clusterId, kube_config_data: kubeconfig }
    const { status, body } = await product.call('POST', '/remove-cluster-infra', order)
    expect(status).toBe(200)
    const task = await finished((body as { data: { task_id: string } }).data.task_id)
    expect([task.task_status, task.task_status_data.error]).toEqual(['completed', undefined])

    expect(await cluster.labelled(ours)).toEqual([])
    expect(await cluster.labelled('app.kubernetes.io/managed-by=gridgate')).toEqual([])
    const read = await data<{ config: { urlMap?: object } }>(`/clusters/read/${clusterId}`)
    expect(read.config.urlMap ?? {}).toEqual({})
    expect((await product.call('DELETE', `/clusters/delete/${clusterId}`)).status).toBe(200)
    expect((await product.call('GET', `/clusters/read/${clusterId}`)).status).toBe(404)

    const signature = token.split('.').at(-1) ?? token
    expect(spawnSync('grep', ['-rlF', signature, folder.path], { encoding: 'utf8' }).stdout).toBe('')
    expect(readFileSync(`${folder.path}/gridgate.log`, 'utf8')).toContain('task.created')
  })

  /** A token of a service account that may do everything, as a cluster's owner would make one. */
  async function adminToken(): Promise<string> {
    const account = '/api/v1/namespaces/default/serviceaccounts'
    await cluster.call('POST', account, { metadata: { name: 'owner' } })
    await cluster.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'owner' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'owner', namespace: 'default' }],
    })
    const { status, body } = await cluster.call('POST', `${account}/owner/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: 600 },
    })
    expect(status).toBe(201)
    return (body.status as { token: string }).token
  }
})
