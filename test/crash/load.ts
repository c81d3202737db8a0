import { call } from '../e2e/product.ts'
import type { ClusterRow, Ledger, Random, State } from './ledger.ts'

/** What the clients of one round work with. */
export interface Site {
  url: string
  /** The simulated cluster's kubeconfig, and one that it refuses. */
  kubeconfig: string
  wrongKubeconfig: string
  ledger: Ledger
  random: Random
  isOver(): boolean
}

export const builtCluster = 'site'
const nodesEach = 30
const clusterWriters = 3
/** Admits everything; the number makes each version's code its own. */
export const policyCode =
  'class AIOSv1PolicyRule:\n  number = 0\n  def __init__(self, rule_id, settings, parameters):\n    pass\n  def eval(self, parameters, input_data, context):\n    return {"allowed": True, "input_data": input_data}\n'

/** Runs all clients until the server does not answer any more or the round is over. */
export async function load(site: Site): Promise<void> {
  const writers = Array.from({ length: clusterWriters }, (_, index) => writeClusters(site, `c${index}`))
  await Promise.all([...writers, publishPolicies(site), changeMap(site), failTasks(site), buildAndRemove(site)])
}

interface Reply {
  status: number
  body: { data?: Record<string, unknown>; code?: string }
  headers: Headers
}

/** Null when the server died on the way. A status that was not expected is a complaint. */
async function ask(
  { url, ledger }: Site,
  expected: readonly number[],
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Reply | null> {
  const reply = (await call(url, method, path, body, headers).catch(() => null)) as Reply | null
  if (!reply) return null
  if (!expected.includes(reply.status))
    ledger.complaints.push(`${method} ${path} answered ${reply.status} ${JSON.stringify(reply.body)}`)
  return reply
}

/** Works as long as the server answers and the round is not over. */
async function loop({ isOver }: Site, work: () => Promise<boolean>): Promise<void> {
  for (let goesOn = true; goesOn && !isOver(); ) goesOn = await work()
}

export const clusterBody = (id: string, mark: string) => ({
  id,
  regionId: 'us-west-2',
  nodes: { nodeData: nodesOf(mark) },
  config: { publicHostname: `${id}.company.net`, useGateway: true },
  clusterMetadata: { owner: mark },
})

/** All nodes carry the mark of the change that wrote them, so a mixture of two generations shows. */
const nodesOf = (mark: string) =>
  Array.from({ length: nodesEach }, (_, index) => ({
    id: `node-${index}`,
    gpus: { count: 1 },
    nodeMetadata: { mark, filling: 'x'.repeat(500) },
  }))

function writeClusters(site: Site, name: string): Promise<void> {
  const { ledger, random } = site
  const mine = () =>
    [...ledger.clusters.values()].filter(({ id, acknowledged }) => id.startsWith(`${name}-`) && acknowledged !== null)
  return loop(site, async () => {
    const rows = mine()
    const row = rows[random.below(rows.length)]
    if (!row || random.chance(0.25)) return createCluster(site, `${name}-${ledger.next()}`)
    return random.chance(0.15) ? deleteCluster(site, row) : updateCluster(site, row)
  })
}

async function createCluster(site: Site, id: string): Promise<boolean> {
  const { ledger } = site
  const mark = `m${ledger.next()}`
  const row: ClusterRow = { id, acknowledged: null, asked: { version: 1, mark } }
  ledger.clusters.set(id, row)
  const keyed = {
    key: `key-${id}`,
    body: clusterBody(id, mark),
    reply: null as { status: number; body: string } | null,
  }
  ledger.keyed.push(keyed)
  const reply = await ask(site, [200], 'POST', '/clusters/create', keyed.body, { 'idempotency-key': keyed.key })
  if (!reply) return false
  keyed.reply = { status: reply.status, body: JSON.stringify(reply.body) }
  acknowledge(ledger, row, { version: versionOf(reply), mark })
  return true
}

async function updateCluster(site: Site, row: ClusterRow): Promise<boolean> {
  const mark = `m${site.ledger.next()}`
  const version = row.acknowledged?.version ?? 0
  row.asked = { version: version + 1, mark }
  const change = { 'clusterMetadata.owner': mark, 'nodes.nodeData': nodesOf(mark) }
  const reply = await ask(site, [200], 'PATCH', `/clusters/update/${row.id}`, change, { 'if-match': `"${version}"` })
  if (!reply) return false
  acknowledge(site.ledger, row, { version: versionOf(reply), mark })
  return true
}

async function deleteCluster(site: Site, row: ClusterRow): Promise<boolean> {
  row.asked = null
  const reply = await ask(site, [200], 'DELETE', `/clusters/delete/${row.id}`)
  if (!reply) return false
  acknowledge(site.ledger, row, null)
  return true
}

const versionOf = ({ headers }: Reply): number => Number(/\d+/.exec(headers.get('etag') ?? '')?.[0])

function acknowledge(ledger: Ledger, row: ClusterRow, state: State): void {
  row.acknowledged = state
  row.asked = undefined
  ledger.writes++
}

function publishPolicies(site: Site): Promise<void> {
  const { ledger } = site
  return loop(site, async () => {
    const number = ledger.next()
    const uri = `crash:1.0.${number}-stable`
    ledger.policies.set(uri, null)
    const code = policyCode.replace('= 0', `= ${number}`)
    const entry = { name: 'crash', version: `1.0.${number}`, release_tag: 'stable', type: 'python_class_v1', code }
    const reply = await ask(site, [200], 'POST', '/policy', entry)
    if (!reply) return false
    ledger.policies.set(uri, String(reply.body.data?.code_digest))
    ledger.writes++
    return true
  })
}

/** The network's map, of which every change must be seen whole. The action is one that nothing here asks for. */
function changeMap(site: Site): Promise<void> {
  const { ledger } = site
  return loop(site, async () => {
    const number = ledger.next()
    ledger.map.asked = number
    const change = { remove_node: { policyRuleURI: 'crash:1.0.0-stable', parameters: { number } } }
    const reply = await ask(site, [200], 'POST', '/pre-check-policies/update', change)
    if (!reply) return false
    ledger.map.acknowledged = number
    ledger.writes++
    return true
  })
}

/** Tasks that the cluster refuses in their first step: many short executions, each with one right end. */
function failTasks(site: Site): Promise<void> {
  const { ledger } = site
  return loop(site, async () => {
    const id = `t-${ledger.next()}`
    if (!(await ask(site, [200], 'POST', '/clusters/create', clusterBody(id, 'task')))) return false
    return startInfra(site, 'create', id, site.wrongKubeconfig)
  })
}

/** Builds the services of one cluster and takes them away again, over and over, also across rounds. */
function buildAndRemove(site: Site): Promise<void> {
  return loop(site, async () => {
    const open = await ask(site, [200], 'GET', `/tasks?cluster_id=${builtCluster}`)
    if (!open) return false
    const tasks = open.body.data as unknown as { task_status: string }[]
    if (tasks.some(({ task_status }) => ['pending', 'in_progress'].includes(task_status))) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return true
    }
    const read = await ask(site, [200], 'GET', `/clusters/read/${builtCluster}`)
    if (!read) return false
    const { urlMap = {} } = (read.body.data as { config: { urlMap?: object } }).config
    const way = Object.keys(urlMap).length > 0 ? 'remove' : 'create'
    return startInfra(site, way, builtCluster, site.kubeconfig)
  })
}

/** Starts an infra task and enters it with the end that it must come to. */
export async function startInfra(
  site: Site,
  way: 'create' | 'remove',
  clusterId: string,
  kubeconfig: string,
): Promise<boolean> {
  const order = { cluster_id: clusterId, kube_config_data: kubeconfig }
  const reply = await ask(site, [200], 'POST', `/${way}-cluster-infra`, order)
  if (!reply) return false
  const id = String(reply.body.data?.task_id)
  const isRefused = kubeconfig === site.wrongKubeconfig
  site.ledger.tasks.set(id, {
    id,
    clusterId,
    mustEnd: isRefused ? { status: 'failed', code: 'kube.unauthorized' } : { status: 'completed' },
    seen: { succeeded: [], finished: null },
  })
  site.ledger.writes++
  return true
}
