import type { Survey, SurveyNode } from '@gridgate/core/action/survey'
import { type ControllerClient, controllerAddress } from '@gridgate/core/controller/controller-client'
import { GridError } from '@gridgate/core/errors'
import type { Json, JsonObject } from '@gridgate/core/json'
import { surveyNode } from './surveyed.ts'

/** The failover side of one cluster's controller without a cluster: one pool, one JobSet; for tests of who calls it. */
export interface ScriptedPool extends ControllerClient {
  pool: string
  nodes: SurveyNode[]
  jobset: Survey['jobset']
  /** Members of the survey that a test sets. */
  seen: Partial<Survey>
  /** Every call that was answered or refused: `cordon`, `survey`. */
  calls: string[]
  events: JsonObject[]
  /** Pods that a budget holds. */
  heldPods: Set<string>
  /** Pods of nodes, by the node's name; a drain takes those away that no budget of `heldPods` holds. */
  pods: Map<string, string[]>
  /** Whether an evicted leader makes the JobSet restart. */
  restarts: boolean
  /** What a call fails with; null lets it through. */
  fault: (called: string) => GridError | null
  add(name: string, more?: Partial<SurveyNode>): SurveyNode
}

export function scriptedPool(): ScriptedPool {
  const scripted: ScriptedPool = {
    pool: 'pool-a',
    nodes: [],
    jobset: null,
    seen: {},
    calls: [],
    events: [],
    heldPods: new Set(),
    pods: new Map(),
    restarts: true,
    fault: () => null,
    add(name, more = {}) {
      const node = surveyNode(name, { provider_id: `gce://p/z/${name}`, ...more })
      scripted.nodes.push(node)
      return node
    },
    async call(stored, call) {
      controllerAddress(stored, call.part)
      const called = call.path.split('/').at(-1) ?? ''
      scripted.calls.push(called)
      const fault = scripted.fault(called)
      if (fault) throw fault
      return structuredClone(answer(scripted, called, call.body ?? {}))
    },
  }
  return scripted
}

/** A JobSet with one leader on each node of the pool, that restarts when one is evicted. */
export function jobSetOn(scripted: ScriptedPool, name = 'train'): NonNullable<Survey['jobset']> {
  const leaders = scripted.nodes.map((node, index) => ({
    ...{ namespace: 'default', name: `${name}-workers-${index}-0-abc`, uid: `pod-${index}`, node: node.name },
    ...{ job: `${name}-workers-${index}`, phase: 'Running', is_terminating: false, is_on_pool: true },
  }))
  const jobset = { namespace: 'default', name, uid: `uid-${name}`, restarts: 0, state: 'active' as const }
  scripted.jobset = { ...jobset, leaders, blockers: [], nodes_needed: leaders.length }
  return scripted.jobset
}

function answer(scripted: ScriptedPool, called: string, body: JsonObject): Json {
  if (called === 'survey') return survey(scripted, body) as unknown as Json
  if (called === 'cordon') return { nodes: change(scripted, body, cordon) }
  if (called === 'uncordon') return { nodes: change(scripted, body, uncordon) }
  if (called === 'drain') return drain(scripted, body)
  if (called === 'restart') return evict(scripted, body)
  if (called === 'watch-restart') return prove(scripted, body)
  if (called === 'marks') return { nodes: scripted.nodes.flatMap(markOf) }
  if (called === 'events') return { recorded: scripted.events.push(...(body.events as JsonObject[])) }
  throw new GridError('route.not_found', `the scripted pool has no ${called}`)
}

function survey(scripted: ScriptedPool, { node_pool, node_name, jobset_name }: JsonObject): Survey {
  const { nodes, pool } = scripted
  const wantsPool = node_pool !== null || node_name !== null
  if (node_name !== null && !nodes.some(({ name }) => name === node_name))
    throw new GridError('node.not_found', `no node ${node_name}`)
  if (node_pool !== null && node_pool !== pool) throw new GridError('pool.not_found', `no node is in pool ${node_pool}`)
  const isKnown = jobset_name === null || scripted.jobset?.name === jobset_name
  if (!isKnown) throw new GridError('jobset.not_found', `no JobSet ${jobset_name}`)
  return {
    pool: wantsPool ? pool : null,
    pool_label: wantsPool ? 'cloud.google.com/gke-nodepool' : null,
    nodes: wantsPool ? nodes : [],
    ...{ expected_nodes: { count: nodes.length }, is_atomic: false, other_jobsets: [], blocking_budgets: [] },
    ...{ has_controller: false, spare_nodes: 99, accelerator_nodes: { total: nodes.length + 99, unavailable: 0 } },
    jobset: jobset_name === null ? null : scripted.jobset,
    ...scripted.seen,
  }
}

const markOf = ({ name, uid, unschedulable, cordoned_by, is_held }: SurveyNode) =>
  unschedulable && cordoned_by !== null ? [{ name, uid, cordoned_by, is_held }] : []

type Change = (node: SurveyNode, action: string) => string

function change(scripted: ScriptedPool, body: JsonObject, act: Change): Json {
  return (body.nodes as { name: string; uid: string }[]).map(({ name, uid }) => {
    const node = scripted.nodes.find((one) => one.uid === uid)
    const common = { name, uid, detail: null }
    if (!node) return { ...common, outcome: 'gone', unschedulable: false, cordoned_by: null }
    const outcome = act(node, String(body.action))
    return { ...common, outcome, unschedulable: node.unschedulable, cordoned_by: node.cordoned_by }
  })
}

const cordon: Change = (node, action) => {
  if (node.unschedulable) return node.cordoned_by === action ? 'already_ours' : 'already_cordoned'
  Object.assign(node, { unschedulable: true, cordoned_by: action })
  return 'cordoned'
}

const uncordon: Change = (node, action) => {
  if (!node.unschedulable) return 'was_schedulable'
  if (node.cordoned_by !== action) return 'not_ours'
  Object.assign(node, { unschedulable: false, cordoned_by: null })
  return 'uncordoned'
}

/** Pods behind a budget stay; the others are asked to go, and are gone the next time. */
function drain(scripted: ScriptedPool, body: JsonObject): Json {
  const names = (body.nodes as { name: string }[]).map(({ name }) => name)
  const remaining = names.flatMap((name) => scripted.pods.get(name) ?? [])
  const held = remaining.filter((name) => scripted.heldPods.has(name))
  for (const name of names)
    scripted.pods.set(
      name,
      held.filter((pod) => scripted.pods.get(name)?.includes(pod)),
    )
  const named = (name: string) => ({ namespace: 'default', name })
  return {
    remaining: remaining.map(named),
    blocked: held.map((name) => ({ ...named(name), budget: 'b', reason: 'budget' })),
  }
}

function evict(scripted: ScriptedPool, body: JsonObject): Json {
  const { jobset } = scripted
  return {
    pods: (body.pods as { name: string; uid: string }[]).map(({ name, uid }) => {
      if (scripted.heldPods.has(name)) return { name, outcome: 'blocked', detail: 'held by PodDisruptionBudget b' }
      const isThere = jobset?.leaders.some((leader) => leader.uid === uid)
      if (!jobset || !isThere) return { name, outcome: 'gone', detail: null }
      jobset.leaders = jobset.leaders.filter((leader) => leader.uid !== uid)
      if (scripted.restarts) jobset.restarts = 1
      return { name, outcome: 'evicted', detail: null }
    }),
  }
}

function prove({ jobset }: ScriptedPool, { restarts_before }: JsonObject): Json {
  const restarts = jobset?.restarts ?? 0
  const has_restarted = restarts > Number(restarts_before)
  return { has_restarted, restarts, pods_ready: { ready: 0, total: 2 }, detail: `${restarts} restarts` }
}
