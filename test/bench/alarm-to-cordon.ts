import { join } from 'node:path'
import { eventually, type Product, startByScript, temporaryFolder } from '../e2e/product.ts'
import { type ApiServer, startApiServer } from './api-server.ts'
import { createNodes } from './many-nodes.ts'
import { countMissed, freePool, isCordoned, listPath, poolOf } from './pool.ts'
import { type Claim, claim, quantile } from './section.ts'

const clusterId = 'bench'
/** After the first one, which finds no function started. */
const rounds = 32
const pool = poolOf('alarmed', 64)
/** So that the alarm takes half of the accelerator nodes: more at once would trip the network's breaker. */
const otherPool = poolOf('spare', 64)
const doneSecondsMax = 30

/** Moments on the way of an alarm, in milliseconds since it was sent; the last is what counts. */
const moments = ['answered', 'action planned', 'Preflight', 'Announce', 'CordonPool', 'first node'] as const
type Moments = Record<(typeof moments)[number], number>

/** How long it takes from the delivery of an alarm until a watch shows the first node of its pool cordoned, in the product as it is started. */
export async function measureAlarms(): Promise<Claim[]> {
  const api = await startApiServer()
  const folder = temporaryFolder()
  const options = ['--no-tour', '--kubeconfig', api.file, '--cluster-id', clusterId]
  try {
    for (const group of [pool, otherPool]) await createNodes(api.client, group)
    const product = startByScript(join(folder.path, 'data'), ...options)
    try {
      await allowAlarms(product)
      const found: Moments[] = []
      for (let round = 0; round <= rounds; round++) found.push(await alarmOnce(product, api))
      return claimsOf(found)
    } finally {
      await product.interrupt()
    }
  } finally {
    await api.stop()
    folder.remove()
  }
}

function claimsOf([cold, ...found]: readonly Moments[]): Claim[] {
  const of = (moment: keyof Moments): number[] => found.map((one) => one[moment])
  const first = of('first node')
  return [
    claim(`alarm to first of ${pool.count} nodes cordoned, p50`, 'ms', first),
    { ...claim('the same, p99', 'ms', first, { atMost: 1000 }), value: quantile(first, 0.99) },
    claim('the same, when no function is started yet', 'ms', cold ? [cold['first node']] : []),
    ...moments.slice(0, -1).map((moment) => claim(`until ${moment}`, 'ms', of(moment))),
  ]
}

/** By default alarms are only observed, and may take a fifth of a pool. */
async function allowAlarms(product: Product): Promise<void> {
  await product.ready
  const budgets = { automatic: { unavailable_percent_max: 100 } }
  await data(product, 'PUT', `/clusters/${clusterId}/failover`, { mode: 'act', budgets })
  await data(product, 'PUT', '/failover', { budgets: { breaker: { percent_max: 100, seconds: 1 } } })
  const match = { alarm_name: 'gpu-lost' }
  const rule = { name: 'gpu-lost', match, cluster_id: clusterId, node_pool: pool.pool, type: 'cordon_nodepool' }
  await data(product, 'POST', '/failover-rules', { ...rule, mode: 'act' })
}

/** One incident from its beginning to its end, after which all is as before. */
async function alarmOnce(product: Product, { client }: ApiServer): Promise<Moments> {
  const { resourceVersion } = (await client.get(listPath(pool))).body.metadata
  const watch = client.watch(`${listPath(pool)}&watch=1&resourceVersion=${resourceVersion}`)
  const seen = watch.find(({ object }) => isCordoned(object)).then(() => performance.now())
  const [at, begun] = [Date.now(), performance.now()]
  const startsAt = new Date(at).toISOString()
  const { event_id } = await deliver(product, { status: 'firing', startsAt })
  const answered = performance.now() - begun
  const first = (await seen) - begun
  watch.close()
  const action = await actionOf(product, event_id)
  const missed = await countMissed(client, pool)
  if (missed > 0) throw new Error(`${missed} nodes of ${pool.count} were not cordoned`)
  const end = await deliver(product, { status: 'resolved', startsAt, endsAt: new Date().toISOString() })
  await handled(product, end.event_id)
  await freePool(client, pool)
  const startOf = (step: string): number =>
    Date.parse(action.steps.find(({ name }) => name === step)?.started_at ?? '') - at
  return {
    answered,
    'action planned': Date.parse(action.created_at) - at,
    Preflight: startOf('Preflight'),
    Announce: startOf('Announce'),
    CordonPool: startOf('CordonPool'),
    'first node': first,
  }
}

interface Handled {
  handled_at: string | null
  outcomes: { verdict: string; action_id: string | null; detail: string | null }[]
}

interface Action {
  state: string
  error?: string
  created_at: string
  steps: { name: string; started_at: string }[]
}

/** As Alertmanager's webhook receiver sends it. */
function deliver(product: Product, alert: object): Promise<{ event_id: string }> {
  const alerts = [{ ...alert, labels: { alertname: 'gpu-lost' } }]
  return data(product, 'POST', '/alarms/alertmanager', { version: '4', alerts })
}

/** The event once the rule has been asked about it. */
async function handled(product: Product, eventId: string): Promise<Handled> {
  const read = (): Promise<Handled> => data(product, 'GET', `/alarms/events/${eventId}`)
  if (await eventually(async () => (await read()).handled_at !== null, doneSecondsMax)) return read()
  throw new Error(`event ${eventId} was not handled: ${JSON.stringify(await read())}`)
}

/** The action that the event led to, once it is over. */
async function actionOf(product: Product, eventId: string): Promise<Action> {
  const event = await handled(product, eventId)
  const id = event.outcomes[0]?.action_id ?? ''
  const read = (): Promise<Action> => data(product, 'GET', `/actions/${id}`)
  const isDone = async (): Promise<boolean> => !['accepted', 'running'].includes((await read()).state)
  await eventually(isDone, doneSecondsMax)
  const action = await read()
  if (action.state !== 'succeeded') throw new Error(`the action is ${action.state}: ${JSON.stringify([event, action])}`)
  return action
}

/** The data of a call that succeeds. */
async function data<Shape>(product: Product, method: string, path: string, body?: object): Promise<Shape> {
  const answer = await product.call(method, path, body)
  if (answer.status > 299) throw new Error(`${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`)
  return (answer.body as { data: Shape }).data
}
