import { ActionId } from '@gridgate/core/action/action'
import { cancelAction } from '@gridgate/core/action/cancel-action'
import { type ActionBody, parseOrder } from '@gridgate/core/action/parse-order'
import { requestAction } from '@gridgate/core/action/request-action'
import type { SurveyNode } from '@gridgate/core/action/survey'
import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import { withNetworkChange } from '@gridgate/core/failover/network'
import type { Json } from '@gridgate/core/json'
import type { Gateway } from './gateway.ts'
import { type Journal, violated } from './journal.ts'
import { ProcessDied } from './mortal-process.ts'
import type { Random } from './random.ts'
import { holderOf, nobody, person, type SimulatedCluster } from './simulated-cluster.ts'

/** One simulation, as those who act in it need it. */
export interface Stage {
  /** True times around which much happens at once. */
  busy: readonly number[]
  gateway: Gateway
  clusters: readonly SimulatedCluster[]
  journal: Journal
  random: Random
}

/** Time in which everything happens, in ms: three hours. */
export const horizonMs = 3 * 3_600_000
/** How long a busy time lasts, in ms. */
const busyMs = 30_000
/** Times that a caller asks again who got no answer. */
const asksMax = 3

const caller: Caller = { id: 'operator', role: 'cluster-manager', clusters: '*' }

/** Has something happen at a true time; what nobody foresaw is a violation. */
export function at({ gateway, journal }: Stage, ms: number, work: () => unknown): void {
  const later = async (): Promise<void> => {
    await gateway.time.sleep(ms)
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ProcessDied || error instanceof GridError))
        violated(journal, 'no_surprise', error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
  }
  void later()
}

/** Some time, more often than not one at which others act too. */
const someTime = ({ random, busy }: Stage): number =>
  random.chance(0.6) ? random.pick(busy) + random.between(0, busyMs) : random.between(0, horizonMs)

/** The first of them more often than the others, so that many meet there. */
const favour = <Value>(random: Random, values: readonly Value[]): Value =>
  random.pick(random.chance(0.5) ? values.slice(0, 1) : values)

/** Asks for an action, and again under the same id for as long as nobody answers. */
export async function order({ gateway, journal, random }: Stage, body: Partial<ActionBody>): Promise<void> {
  const asked = parseOrder({ requestor: 'an operator', reason: 'an operator said so', ...body } as ActionBody, () => '')
  const reply = { id: asked.id, content: JSON.stringify(asked) }
  for (let tried = 1; tried <= asksMax; tried++) {
    try {
      const ask = { caller, requestId: null }
      const { record } = await gateway.run((ports) => requestAction(ports, asked, ask, null))
      return void journal.replies.push({ ...reply, code: null, record })
    } catch (error) {
      if (error instanceof GridError && error.status < 500)
        return void journal.replies.push({ ...reply, code: error.code, record: null })
      if (!(error instanceof GridError || error instanceof ProcessDied)) throw error
      await gateway.time.sleep(random.between(1_000, 30_000))
    }
  }
}

/** Somebody asks for something at some time, perhaps again, perhaps for something else under the same id, and may cancel it. */
export function planOrders(stage: Stage): void {
  const { gateway, clusters, random } = stage
  for (let n = random.between(4, 10); n > 0; n--) {
    const ms = someTime(stage)
    const id = `order-${n}`
    const cluster = favour(random, clusters)
    const body = { id, cluster_id: cluster.id, ...randomOrder(cluster, random) }
    at(stage, ms, () => order(stage, body))
    for (let more = random.pick([0, 0, 1, 2]); more > 0; more--)
      at(stage, ms + random.pick([0, 50, 5_000, 900_000]), () => order(stage, body))
    if (random.chance(0.2)) at(stage, ms + random.between(0, 60_000), () => order(stage, { ...body, reason: 'other' }))
    if (random.chance(0.3))
      at(stage, ms + random.between(100, 60_000), () =>
        gateway.run((ports) => cancelAction(ports, ActionId.parse(id), caller)),
      )
  }
}

function randomOrder({ pools, jobsets }: SimulatedCluster, random: Random): Partial<ActionBody> {
  const pool = favour(random, pools)
  const node_pool = pool.pool
  const jobset_name = jobsets.find(({ home }) => home === pool)?.jobset.name ?? null
  const dry_run = random.chance(0.05)
  const what = random.pick(['cordon', 'uncordon', 'uncordon', 'restart', 'restart', 'repair', 'repair'])
  if (what === 'cordon') return { type: 'cordon_nodepool', node_pool, dry_run }
  if (what === 'restart' && jobset_name !== null)
    return {
      ...{ type: 'cordon_nodepool_and_restart_jobset', jobset_name, dry_run },
      node_pool: random.chance(0.8) ? node_pool : null,
    }
  if (what !== 'repair') return { type: 'uncordon_nodepool', node_pool, dry_run }
  return {
    ...{ type: random.pick(['repair_nodepool', 'cordon_and_repair_nodepool']), node_pool, jobset_name, dry_run },
    node_name: random.pick([random.pick(pool.nodes).name, null]),
    ladder: random.pick([[], ['reboot', 'replace'], ['reboot', 'human']]),
    uncordon_when_verified: random.pick([null, true]),
  }
}

/** Troubles of each pool, each told of by one alarm or several, more than once, late and out of order. */
export function planIncidents(stage: Stage): void {
  const { clusters, random } = stage
  for (const cluster of clusters)
    for (const { pool } of cluster.pools)
      for (let ms = random.chance(0.5) ? someTime(stage) : random.between(0, 1_800_000), n = 1; ms < horizonMs; n++) {
        const endsAt = ms + random.between(180_000, 1_200_000)
        planIncident(stage, `incident ${n} of ${pool}`, pool, ms, endsAt)
        ms = endsAt + random.between(600_000, 3_600_000)
      }
}

function planIncident(stage: Stage, incident: string, pool: string, beginsAt: number, endsAt: number): void {
  const { random } = stage
  const alarms = random.pick([1, 1, 2, 3])
  for (let n = 1; n <= alarms; n++) {
    const name = `${pool}-${n}`
    const [on, off] = [beginsAt + random.between(0, 120_000), random.between(beginsAt + 150_000, endsAt)]
    planAlarm(stage, on, alarmEvent(stage, { name, incident, at: on, state: 'ALARM', previous: 'OK' }))
    planAlarm(stage, off, alarmEvent(stage, { name, incident, at: off, state: 'OK', previous: 'ALARM' }))
  }
}

/** CloudWatch says so at least once, by any way, whenever. */
function planAlarm(stage: Stage, ms: number, event: Json): void {
  const { gateway, random } = stage
  for (let copies = random.pick([1, 1, 2, 4]); copies > 0; copies--) {
    const lateMs = random.pick([0, 0, 2_000, 60_000, random.between(0, 900_000)])
    at(stage, ms + lateMs, () => gateway.deliver(event, random.chance(0.5)))
  }
}

function alarmEvent(
  { gateway }: Stage,
  told: { name: string; incident: string; at: number; state: string; previous: string },
): Json {
  const arn = `arn:aws:cloudwatch:eu-west-1:123456789012:alarm:${told.name}`
  return {
    ...{ version: '0', 'detail-type': 'CloudWatch Alarm State Change', source: 'aws.cloudwatch' },
    ...{ account: '123456789012', region: 'eu-west-1', resources: [arn] },
    detail: {
      alarmName: told.name,
      state: { value: told.state, reason: told.incident, timestamp: gateway.time.iso(told.at) },
      previousState: { value: told.previous },
    },
  }
}

/** People with kubectl, nodes that fail, and JobSets that move. */
export function planOthers(stage: Stage): void {
  const { clusters, random } = stage
  const doings = {
    cordon: (_: SimulatedCluster, node: SurveyNode) =>
      holderOf(node) === nobody && Object.assign(node, { unschedulable: true, cordoned_by: null }),
    uncordon: (_: SimulatedCluster, node: SurveyNode) =>
      holderOf(node) === person && Object.assign(node, { unschedulable: false }),
    hold: (cluster: SimulatedCluster, node: SurveyNode) => cluster.hold(node),
    fail: (cluster: SimulatedCluster, node: SurveyNode) => cluster.fail(node),
    move: (cluster: SimulatedCluster) => cluster.moveJobSets(),
  }
  for (let n = random.between(10, 40); n > 0; n--) {
    const cluster = favour(random, clusters)
    const node = random.pick(cluster.nodes)
    const what = random.pick(['cordon', 'uncordon', 'hold', 'fail', 'move', 'move', 'move'] as const)
    at(stage, someTime(stage), () => doings[what](cluster, node))
    const body = { id: `free-${n}`, cluster_id: cluster.id, type: 'uncordon_nodepool', node_name: node.name }
    if (random.chance(0.15)) at(stage, someTime(stage), () => order(stage, body))
  }
}

/** A person who looked at what tripped the breaker lets alarms act again. */
async function resume({ gateway, journal }: Stage): Promise<void> {
  const { failoverSettings, clock } = gateway.outside
  const { value, version } = await failoverSettings.findNetwork()
  if (value.breaker === null) return
  await failoverSettings.replaceNetwork(withNetworkChange(value, { breaker: null }, clock.now()), version)
  journal.resumes++
}

/** Clocks that are put right or wrong, and workflows that die. */
export function planMishaps(stage: Stage): void {
  const { gateway, random } = stage
  for (let n = random.pick([0, 1, 2]); n > 0; n--) {
    const ms = someTime(stage)
    const jumpMs = random.pick([-random.between(60_000, 1_200_000), random.between(600_000, 18_000_000)])
    at(stage, ms, () => gateway.time.jump(jumpMs))
    if (random.chance(0.5)) at(stage, ms + random.between(60_000, 3_600_000), () => gateway.time.jump(-jumpMs))
  }
  for (let ms = 0; ms < horizonMs; ms += random.between(600_000, 3_600_000)) at(stage, ms, () => resume(stage))
  for (let n = random.pick([0, 0, 1, 3]); n > 0; n--) at(stage, someTime(stage), () => killOne(stage))
}

async function killOne({ gateway, journal, random }: Stage): Promise<void> {
  const { ids } = await gateway.outside.tasks.listOpen({ after: null, limit: 100 })
  if (ids.length === 0) return
  const id = random.pick(ids)
  journal.killed.add(id)
  await gateway.kill(id).catch(() => {}) // it was not started yet
}
