import { GridError } from '@gridgate/core/errors'
import type { ChangeClient } from '../change.ts'
import type { KubeClient } from '../client.ts'
import { refuseFenced } from '../fence.ts'
import {
  type CordonMark,
  type CordonOutcome,
  cordonHolder,
  cordonNode,
  isCordoned,
  type NodeOutcome,
  type UncordonOutcome,
  uncordonNode,
} from '../nodes.ts'
import type { KubernetesObject } from '../object.ts'
import { type Paced, type PacePorts, paced, whyNotDone } from '../pacing.ts'
import { type NodeTarget, presentNodes, type Whereabouts } from './present-nodes.ts'

/** Nothing is begun after this long, in milliseconds: with the last request it ends before its caller stops waiting (25 s). */
const workMsMax = 12_000

export interface CordonOrder {
  readonly nodes: readonly NodeTarget[]
  readonly mark: CordonMark
  readonly pool: Whereabouts | null
}

/** What became of a node. `failed` says in `detail` why, and may have happened or not; asked again, it is found out. */
export interface NodeReport<Outcome> extends NodeTarget {
  readonly outcome: Outcome | 'gone' | 'failed'
  readonly unschedulable: boolean
  readonly cordoned_by: string | null
  readonly detail: string | null
}

type Client = ChangeClient & Pick<KubeClient, 'page' | 'merge'>

/**
 * Keeps new pods away from these nodes: one look at all, then one patch for each, as fast as the API server bears it. Every
 * node is reported, none is undone. Safe to repeat.
 * @throws {GridError} `action.fenced` when the pool belongs to a later action; where that is known beforehand, nothing changed
 */
export const cordonNodes = (client: Client, order: CordonOrder, ports: PacePorts = {}) =>
  changeNodes<CordonOutcome>(client, order, cordonNode, ports)

/** Takes the cordons of this mark back, and no others, in the same way. @throws {GridError} `action.fenced` */
export const uncordonNodes = (client: Client, order: CordonOrder, ports: PacePorts = {}) =>
  changeNodes<UncordonOutcome>(client, order, uncordonNode, ports)

async function changeNodes<Outcome>(
  client: Client,
  { nodes, mark, pool }: CordonOrder,
  changeOne: (client: ChangeClient, node: KubernetesObject, mark: CordonMark) => Promise<NodeOutcome<Outcome>>,
  ports: PacePorts,
): Promise<NodeReport<Outcome>[]> {
  const present = await presentNodes(client, nodes, pool)
  for (const node of present.values()) refuseFenced(node, mark)
  const own: ChangeClient = {
    get: (reference) => client.get(reference),
    merge: (reference, patch) => client.merge(reference, patch, { isPaced: true }),
  }
  const work = async ({ uid }: NodeTarget): Promise<NodeOutcome<Outcome> | null> => {
    const node = present.get(uid)
    return node ? unlessGone(changeOne(own, node, mark)) : null
  }
  const outcomes = await paced(nodes, work, { ...ports, msMax: workMsMax })
  for (const one of outcomes)
    if (one.state === 'failed' && one.error instanceof GridError && one.error.code === 'action.fenced') throw one.error
  return nodes.map((target, index) => reportOf(target, outcomes[index] ?? { state: 'late' }, present.get(target.uid)))
}

async function unlessGone<Outcome>(changing: Promise<Outcome>): Promise<Outcome | null> {
  return changing.catch((error: unknown) => {
    if (error instanceof GridError && error.code === 'node.not_found') return null
    throw error
  })
}

function reportOf<Outcome>(
  { name, uid }: NodeTarget,
  one: Paced<NodeOutcome<Outcome> | null>,
  before: KubernetesObject | undefined,
): NodeReport<Outcome> {
  if (one.state === 'done' && one.result === null)
    return { name, uid, outcome: 'gone', unschedulable: false, cordoned_by: null, detail: 'no such node any more' }
  const outcome = one.state === 'done' && one.result ? one.result.outcome : 'failed'
  const node = one.state === 'done' && one.result ? one.result.node : before
  const unschedulable = node !== undefined && isCordoned(node)
  return { name, uid, outcome, unschedulable, cordoned_by: node ? cordonHolder(node) : null, detail: whyNotDone(one) }
}
