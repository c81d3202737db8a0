import type { StoredCluster } from '../cluster/cluster-store.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import { activeFreeze } from '../failover/freeze.ts'
import type { Needs } from '../ports.ts'
import type { StoredTask } from '../task/task-store.ts'
import type { ActionNode } from './action.ts'
import type { StoredAction } from './action-store.ts'
import { ActionMemo, type ActionWork } from './action-work.ts'
import type { Actor, NodeOutcome } from './controller-failover.ts'

export type StepPorts = Needs<'tasks' | 'actions' | 'clusters' | 'controllers' | 'clock' | 'log'>
export type FreezePorts = Needs<'failoverSettings' | 'clock'>

/** Nodes read at once. */
const pageItems = 500

/** The action that a step works for, with its nodes and its cluster. @throws {GridError} `action.not_found` */
export async function open(
  ports: Needs<'clusters' | 'actions'>,
  { clusterId, actionId }: ActionWork,
): Promise<{ stored: StoredCluster; action: StoredAction; nodes: ActionNode[] }> {
  const action = await ports.actions.find(actionId)
  if (!action) throw new GridError('action.not_found', `no action ${actionId}`)
  return { stored: await readCluster(ports, clusterId), action, nodes: await allNodes(ports, action) }
}

async function allNodes(ports: Needs<'actions'>, action: StoredAction): Promise<ActionNode[]> {
  const nodes: ActionNode[] = []
  let after: string | null = null
  do {
    const page = await ports.actions.listNodes(action, { after, limit: pageItems })
    nodes.push(...page.items)
    after = page.nextCursor
  } while (after !== null)
  return nodes
}

export const actorOf = ({ taskId }: ActionWork, { memo }: StoredTask): Actor => ({
  action: taskId,
  fence: ActionMemo.parse(memo).fence,
})

/** A freeze that came after the action began stops it before the next destructive step (spec/decisions.md 35). */
export async function requireNoFreeze(ports: FreezePorts, { record, isForced }: StoredAction): Promise<void> {
  if (isForced) return
  const now = ports.clock.now()
  const [own, network] = await Promise.all([
    ports.failoverSettings.find(record.cluster_id),
    ports.failoverSettings.findNetwork(),
  ])
  const freeze = activeFreeze(network.value.freeze, now) ?? activeFreeze(own.value.freeze, now)
  if (freeze) throw new GridError('failover.frozen', `failover is frozen until ${freeze.until}: ${freeze.reason}`)
}

/** Keeps on the record what became of each node. */
export async function noteNodes(
  ports: Needs<'actions'>,
  action: StoredAction,
  nodes: readonly ActionNode[],
  outcomes: readonly NodeOutcome[],
): Promise<void> {
  const found = new Map(outcomes.map((outcome) => [outcome.name, outcome]))
  const noted = nodes.flatMap((node) => {
    const outcome = found.get(node.name)
    if (!outcome) return []
    const { unschedulable, cordoned_by, detail } = outcome
    return [{ ...node, after: { unschedulable, cordoned_by, detail } }]
  })
  await ports.actions.putNodes(action, noted)
}
