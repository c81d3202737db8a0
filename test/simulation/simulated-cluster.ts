import type { SurveyJobSet, SurveyNode } from '@gridgate/core/action/survey'
import type { ClusterId } from '@gridgate/core/cluster/cluster'
import type { ControllerCall, ControllerClient } from '@gridgate/core/controller/controller-client'
import { GridError } from '@gridgate/core/errors'
import type { Json, JsonObject } from '@gridgate/core/json'
import { jobSetOn, type ScriptedPool, scriptedPool } from '../scripted-pool.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Weather } from './weather.ts'

/** Something that was done to a cluster, as the cluster saw it. */
export interface Effect {
  /** True time. */
  at: number
  cluster: ClusterId
  pool: string
  kind: 'cordon' | 'uncordon' | 'restart' | 'reboot' | 'replace'
  /** The node, or the JobSet. */
  on: string
  /** The task in whose name it was done, and its fencing number. */
  action: string
  fence: number
  /** Whose the cordon was before. */
  holder: string
}

export const nobody = 'nobody'
export const person = 'a person'

/** What a controller leaves out that must not do so. */
export type Carelessness = 'marks' | 'uids'

interface SimulatedJobSet {
  jobset: SurveyJobSet
  home: ScriptedPool
  fence: number
  /** A leader of the present attempt is gone, so that a restart is on its way. */
  isBroken: boolean
}

/** Longest time that a JobSet takes to restart, in ms, and how often it never does. */
const restartMsMax = 90_000
const neverShare = 0.03
/** Share of the nodes that fail one by one where a change of a pool goes wrong half-way. */
const halfShare = 0.4

/** One cluster with several pools and their JobSets, behind the scripted controllers of each, and a log of every effect. */
export class SimulatedCluster implements ControllerClient {
  readonly id: ClusterId
  readonly pools: ScriptedPool[] = []
  readonly jobsets: SimulatedJobSet[] = []
  readonly effects: Effect[] = []
  /** Nodes that a person asked to keep as they are, at some time. */
  readonly everHeld = new Set<string>()
  /** Accelerator nodes outside of all pools. */
  spareNodes = 0
  /** Told of each effect when it has happened. */
  onEffect: (effect: Effect) => void = () => {}
  readonly #time: VirtualTime
  readonly #weather: Weather
  readonly #careless: Carelessness | null
  readonly #fences = new Map<string, number>()
  #placed = 0

  constructor(id: ClusterId, time: VirtualTime, weather: Weather, careless: Carelessness | null) {
    this.id = id
    this.#time = time
    this.#weather = weather
    this.#careless = careless
  }

  addPool(name: string, nodes: number, isAtomic: boolean): ScriptedPool {
    const pool = scriptedPool()
    pool.pool = name
    pool.seen = { is_atomic: isAtomic }
    for (let at = 1; at <= nodes; at++)
      pool.add(`${name}-n${at}`, { boot_id: 'b', created_at: '2020-01-01T00:00:00Z', region: 'eu' })
    this.pools.push(pool)
    return pool
  }

  addJobSet(home: ScriptedPool, name: string): void {
    this.jobsets.push({ jobset: jobSetOn(home, name), home, fence: 0, isBroken: false })
  }

  get nodes(): SurveyNode[] {
    return this.pools.flatMap(({ nodes }) => nodes)
  }

  async call(stored: Parameters<ControllerClient['call']>[0], call: ControllerCall): Promise<Json> {
    const called = call.path.split('/').at(-1) ?? ''
    const body = call.body ?? {}
    const pool = this.#poolOf(body)
    const ask = (asked: JsonObject): Promise<Json> => pool.call(stored, { ...call, body: asked })
    if (called === 'cordon' || called === 'uncordon') return this.#change(called, pool, body, ask)
    this.#show(pool, body)
    return called === 'restart' ? this.#restart(body, ask) : ask(body)
  }

  /** A person asks that a cordon stays, or no longer. */
  hold(node: SurveyNode): void {
    node.is_held = !node.is_held
    this.everHeld.add(node.name)
  }

  /** The JobSet goes on with its next attempt. */
  #begin(simulated: SimulatedJobSet): void {
    simulated.jobset.restarts++
    simulated.isBroken = false
    this.#place(simulated)
  }

  /** JobSets that are whole go back to where they belong. */
  moveJobSets(): void {
    for (const simulated of this.jobsets) if (!simulated.isBroken) this.#place(simulated)
  }

  /** New leaders of the present attempt, on the JobSet's own pool as far as there is room. */
  #place({ jobset, home }: SimulatedJobSet): void {
    const { name, namespace, restarts } = jobset
    const room = home.nodes.filter(({ unschedulable }) => !unschedulable)
    const placed = `r${restarts}-${++this.#placed}`
    jobset.leaders = home.nodes.map((_, index) => ({
      ...{ namespace, name: `${name}-workers-${index}-0-${placed}`, uid: `pod-${name}-${index}-${placed}` },
      ...{ job: `${name}-workers-${index}`, node: room[index]?.name ?? null },
      ...{ phase: 'Running', is_terminating: false, is_on_pool: true },
    }))
  }

  /** A node fails, or is well again. */
  fail(node: SurveyNode): void {
    node.ready = !node.ready
    node.faults = node.ready ? [] : [{ type: 'Ready', reason: 'made up' }]
  }

  #poolOf({ node_pool, node_name, jobset_name }: JsonObject): ScriptedPool {
    const [first] = this.pools
    if (!first) throw new RangeError(`cluster ${this.id} has no pool`)
    return (
      this.pools.find(({ pool }) => pool === node_pool) ??
      this.pools.find(({ nodes }) => nodes.some(({ name }) => name === node_name)) ??
      this.jobsets.find(({ jobset }) => jobset.name === jobset_name)?.home ??
      first
    )
  }

  /** Gives the pool's script what it does not know by itself: the JobSet that is asked for, and the rest of the cluster. */
  #show(pool: ScriptedPool, { jobset_name }: JsonObject): void {
    const isHere = (node: string | null): boolean => pool.nodes.some(({ name }) => name === node)
    const asked = this.jobsets.find(({ jobset }) => jobset.name === jobset_name)
    const copy = structuredClone(asked?.jobset ?? null)
    pool.jobset = copy && {
      ...copy,
      leaders: copy.leaders.map((leader) => ({ ...leader, is_on_pool: isHere(leader.node) })),
    }
    const total = this.nodes.length + this.spareNodes
    const unavailable = this.nodes.filter(({ unschedulable, ready }) => unschedulable || !ready).length
    pool.seen.accelerator_nodes = { total, unavailable }
    pool.seen.other_jobsets = this.jobsets
      .filter(({ jobset }) => jobset.name !== jobset_name && jobset.leaders.some(({ node }) => isHere(node)))
      .map(({ jobset: { namespace, name } }) => ({ namespace, name }))
  }

  /** Cordons or uncordons, all nodes or, where it goes wrong half-way, some of them. */
  async #change(
    kind: 'cordon' | 'uncordon',
    pool: ScriptedPool,
    body: JsonObject,
    ask: (asked: JsonObject) => Promise<Json>,
  ): Promise<Json> {
    const targets = body.nodes as { name: string; uid: string }[]
    const fence = Number(body.fence)
    for (const { uid } of targets) refuseFenced(uid, this.#fences.get(uid) ?? 0, fence)
    const isHalf = this.#weather.strikes('controllerFaults') !== null
    const failing = new Set(targets.filter(() => isHalf && this.#weather.random.chance(halfShare)))
    const held = new Set(targets.filter((target) => kind === 'uncordon' && nodeOf(pool, target)?.is_held))
    const reached = targets.filter((target) => !failing.has(target) && !held.has(target))
    const holders = new Map(pool.nodes.map((node) => [node.name, holderOf(node)]))
    if (this.#careless === 'marks' && kind === 'uncordon')
      for (const node of pool.nodes) if (node.unschedulable) node.cordoned_by = String(body.action)
    const said = (await ask({ ...body, nodes: reached })) as { nodes: { name: string; uid: string; outcome: string }[] }
    for (const { name, uid, outcome } of said.nodes) {
      if (outcome !== `${kind}ed`) continue
      this.#fences.set(uid, fence)
      this.note({
        pool: pool.pool,
        kind,
        on: name,
        action: String(body.action),
        fence,
        holder: holders.get(name) ?? nobody,
      })
    }
    const answers = new Map(said.nodes.map((one) => [one.uid, one]))
    const report = (target: { name: string; uid: string }): Json => {
      const node = nodeOf(pool, target)
      const { unschedulable = false, cordoned_by = null } = node ?? {}
      const detail = held.has(target) ? null : 'made up'
      return { ...target, outcome: held.has(target) ? 'held' : 'failed', unschedulable, cordoned_by, detail }
    }
    return { nodes: targets.map((target) => (answers.get(target.uid) as Json | undefined) ?? report(target)) }
  }

  async #restart(body: JsonObject, ask: (asked: JsonObject) => Promise<Json>): Promise<Json> {
    const found = this.jobsets.find(({ jobset }) => jobset.name === body.jobset_name)
    if (!found) throw new GridError('jobset.not_found', `no JobSet ${body.jobset_name}`)
    const { jobset, home } = found
    const fence = Number(body.fence)
    refuseFenced(jobset.name, found.fence, fence)
    found.fence = fence
    const pods = this.#careless === 'uids' ? jobset.leaders.map(({ name, uid }) => ({ name, uid })) : (body.pods ?? [])
    const said = (await ask({ ...body, pods })) as { pods: { name: string; outcome: string }[] }
    const evicted = new Set(said.pods.filter(({ outcome }) => outcome === 'evicted').map(({ name }) => name))
    if (evicted.size === 0) return said
    jobset.leaders = jobset.leaders.filter(({ name }) => !evicted.has(name))
    if (found.isBroken) return said
    found.isBroken = true
    this.note({
      pool: home.pool,
      kind: 'restart',
      on: jobset.name,
      action: String(body.action),
      fence,
      holder: nobody,
    })
    if (!this.#weather.random.chance(neverShare)) void this.#later(() => this.#begin(found))
    return said
  }

  async #later(work: () => void): Promise<void> {
    await this.#time.sleep(this.#weather.random.between(0, restartMsMax))
    work()
  }

  /** Logs an effect, at once. */
  note(seen: Omit<Effect, 'at' | 'cluster'>): void {
    const effect = { at: this.#time.now(), cluster: this.id, ...seen }
    this.effects.push(effect)
    this.onEffect(effect)
  }
}

function refuseFenced(what: string, present: number, fence: number): void {
  if (fence >= present) return
  throw new GridError(
    'action.fenced',
    `${what} belongs to a later action: it carries the fence ${present}, above ${fence}`,
  )
}

const nodeOf = (pool: ScriptedPool, { uid }: { uid: string }): SurveyNode | undefined =>
  pool.nodes.find((node) => node.uid === uid)

/** Whose the cordon of a node is. */
export const holderOf = ({ unschedulable, cordoned_by }: SurveyNode): string =>
  unschedulable ? (cordoned_by ?? person) : nobody
