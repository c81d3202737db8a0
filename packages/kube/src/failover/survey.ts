import type { Survey, SurveyJobSet } from '@gridgate/core/action/survey'
import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '../client.ts'
import { collect } from '../collect.ts'
import { controllerName, namespaces } from '../components/names.ts'
import { nameLabel } from '../components/workload.ts'
import { kinds } from '../kinds.ts'
import { selects } from '../label-selector.ts'
import { type KubernetesObject, member, numberAt } from '../object.ts'
import type { PacePorts } from '../pacing.ts'
import { expectedNodes, isAtomicSlice } from './expected-nodes.ts'
import { hasEnded, podsOfJobSet, podsOn, type SeenPod, seePod } from './pods.ts'
import { findPool, type Pool, type PoolTarget } from './pools.ts'
import { surveyJobSet } from './survey-job-set.ts'
import { type SeenNode, seeNode } from './survey-node.ts'

/** What is looked at. */
export interface SurveyTarget extends PoolTarget {
  /** Of this controller, to find itself. */
  readonly clusterId: string
  readonly namespace: string
  readonly jobset_name: string | null
}

/** How a survey asks its cluster. */
export type SurveyClient = Pick<KubeClient, 'get' | 'list' | 'page'>

/**
 * Everything that an action on a pool, a JobSet or both is planned and checked by. Nothing is changed.
 * @throws {GridError} `jobset.not_found` and what finding the pool throws
 */
export async function survey(client: SurveyClient, target: SurveyTarget, ports: PacePorts = {}): Promise<Survey> {
  const all = await collect(client, kinds.node, {}, seeNode)
  const pool = findPool(all, target)
  const poolNodes = pool && new Set(pool.nodes.map(({ node }) => node.name))
  const pods = poolNodes ? await podsOn(client, [...poolNodes], seePod, ports) : []
  const jobset = await findJobSet(client, target, poolNodes)
  return {
    ...ofPool(pool),
    jobset,
    other_jobsets: otherJobSets(pods, jobset),
    blocking_budgets: await blockingBudgets(client, pods),
    has_controller: pods.some((pod) => isController(pod, target.clusterId)),
    spare_nodes: pool ? all.filter((node) => isSpareFor(pool, node)).length : 0,
    accelerator_nodes: acceleratorNodes(all),
  }
}

function ofPool(pool: Pool | null): Pick<Survey, 'pool' | 'pool_label' | 'nodes' | 'expected_nodes' | 'is_atomic'> {
  const labels = pool?.nodes[0]?.labels
  return {
    pool: pool?.name ?? null,
    pool_label: pool?.label ?? null,
    nodes: pool?.nodes.map(({ node }) => node) ?? [],
    expected_nodes: labels ? expectedNodes(labels) : { unknown: 'no pool is asked for' },
    is_atomic: labels !== undefined && isAtomicSlice(labels),
  }
}

async function findJobSet(
  client: SurveyClient,
  { namespace, jobset_name: name }: SurveyTarget,
  poolNodes: ReadonlySet<string> | null,
): Promise<SurveyJobSet | null> {
  if (name === null) return null
  const jobSet = await requireJobSet(client, { namespace, name })
  return surveyJobSet(jobSet, await podsOfJobSet(client, namespace, name), poolNodes)
}

/** @throws {GridError} `jobset.not_found`, also where another one has its name now */
export async function requireJobSet(
  client: Pick<KubeClient, 'get'>,
  { namespace, name, uid }: { namespace: string; name: string; uid?: string },
): Promise<KubernetesObject> {
  const { apiVersion, kind } = kinds.jobSet
  const jobSet = await client.get({ apiVersion, kind, namespace, name })
  if (jobSet && (uid === undefined || jobSet.metadata.uid === uid)) return jobSet
  const said = jobSet ? `JobSet ${namespace}/${name} is another one than before` : `no JobSet ${namespace}/${name}`
  throw new GridError('jobset.not_found', said)
}

function otherJobSets(pods: readonly SeenPod[], asked: SurveyJobSet | null): Survey['other_jobsets'] {
  const others = new Map<string, { namespace: string; name: string }>()
  for (const { namespace, jobSet: name, ...pod } of pods) {
    const isAsked = asked?.namespace === namespace && asked.name === name
    if (name !== null && !isAsked && pod.phase !== 'Succeeded' && pod.phase !== 'Failed')
      others.set(`${namespace}/${name}`, { namespace, name })
  }
  return [...others.values()]
}

/** PodDisruptionBudgets that would refuse the eviction of a pod of the pool now. */
async function blockingBudgets(client: SurveyClient, pods: readonly SeenPod[]): Promise<Survey['blocking_budgets']> {
  const drained = pods.filter(({ isDrained }) => isDrained)
  if (drained.length === 0) return []
  return collect(client, kinds.podDisruptionBudget, {}, (budget) => {
    const { name, namespace = '' } = budget.metadata
    const disruptions_allowed = numberAt(budget, 'status', 'disruptionsAllowed') ?? 0
    const selector = member(budget, 'spec', 'selector')
    const isOurs = drained.some((pod) => pod.namespace === namespace && selects(selector, pod.labels))
    return isOurs && disruptions_allowed < 1 ? { namespace, name, disruptions_allowed } : null
  })
}

function isController(pod: SeenPod, clusterId: string): boolean {
  const isOurs = Object.entries(nameLabel(controllerName(clusterId))).every(([key, value]) => pod.labels[key] === value)
  return isOurs && pod.namespace === namespaces.controllers && !hasEnded(pod)
}

/** Where pods of the pool could go: whether the node has room now is the scheduler's to know. */
function isSpareFor(pool: Pool, seen: SeenNode): boolean {
  const { node } = seen
  const needed = Math.max(...pool.nodes.map((one) => one.node.accelerators))
  const isUsable = node.ready && !node.unschedulable && !node.is_control_plane
  return isUsable && !pool.nodes.includes(seen) && node.accelerators >= needed
}

function acceleratorNodes(all: readonly SeenNode[]): Survey['accelerator_nodes'] {
  const having = all.filter(({ hasAccelerators }) => hasAccelerators)
  const isUsable = ({ node }: SeenNode): boolean => node.ready && !node.unschedulable && node.accelerators > 0
  return { total: having.length, unavailable: having.filter((one) => !isUsable(one)).length }
}
