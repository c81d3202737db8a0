import { z } from 'zod'
import { type Cluster, type ClusterId, nodesMax } from '../cluster/cluster.ts'
import type { ClusterNode } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { type Asker, asJson, type GuardPorts, guardDocument } from '../cluster/guard-document.ts'
import { readCluster } from '../cluster/read-cluster.ts'
import { controllerAddress } from '../controller/controller-client.ts'
import { GridError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { changeNodes, nodesOf, withNodes } from './change-nodes.ts'
import { ask, NodeEntry } from './controller-nodes.ts'
import { mergeNodes, type NodeDifference } from './merge-nodes.ts'

/** Nodes asked for at once; a controller may give fewer. */
const pageNodes = 500
/** Most pages of one cluster. */
const pagesMax = 100

/** What a sync found and, unless it was a dry run, wrote. */
export const SyncReport = z.object({
  cluster_id: z.string(),
  added: z.array(z.string()),
  changed: z.array(z.object({ id: z.string(), fields: z.array(z.string()) })),
  missing: z.array(z.string()).describe('in the document and not in Kubernetes'),
  pruned: z.array(z.string()).describe('those of them that were taken out'),
  unchanged: z.number().int(),
  dry_run: z.boolean(),
})
export type SyncReport = z.infer<typeof SyncReport>

export interface SyncOrder {
  clusterId: ClusterId
  /** Whether nodes that Kubernetes does not have are taken out. */
  isPruning: boolean
  isDryRun: boolean
}

export interface Synced {
  report: SyncReport
  version: number
  warnings: Warning[]
}

/**
 * Brings the document's nodes to what Kubernetes knows: sizes are adopted, tags, metadata and unknown fields stay, and no node
 * is taken out unless that is asked for. It changes the document, so the policies on `update_cluster` are asked.
 * @throws {GridError} `cluster.not_found`, `cluster.no_controller`, `cluster.too_large`, what the policies and the controller say
 */
export async function syncNodes(
  ports: Needs<'clusters' | 'controllers' | 'trail'> & GuardPorts,
  { clusterId, isPruning, isDryRun }: SyncOrder,
  asker: Asker,
): Promise<Synced> {
  const seen = await readCluster(ports, clusterId)
  controllerAddress(seen, 'controller')
  const { found, warnings } = await readNodes(ports, seen)
  if (found.length === 0 && isPruning)
    throw new GridError('controller.failed', `the controller of ${clusterId} named no node; nothing is pruned on that`)

  let difference = mergeNodes(nodesOf(seen.cluster), found, isPruning)
  const tell = (version: number): Synced => ({
    report: reportOf(clusterId, difference, { isPruning, isDryRun }),
    version,
    warnings,
  })
  if (isDryRun) return tell(seen.version)

  let before = seen.cluster
  const { version, cluster: after } = await changeNodes(ports, clusterId, async ({ cluster }) => {
    before = cluster
    difference = mergeNodes(nodesOf(cluster), found, isPruning)
    return isSame(difference, isPruning) ? null : guardSync(ports, asker, cluster, difference.nodes)
  })
  if (!isSame(difference, isPruning)) ports.trail.note({ subject: `cluster ${clusterId}`, before, after })
  const { added, changed, missing } = difference
  const counts = { added: added.length, changed: changed.length, missing: missing.length }
  ports.log.info('nodes.synced', { clusterId, version, ...counts, requestId: asker.requestId })
  return tell(version)
}

async function guardSync(
  ports: Needs<'clusters'> & GuardPorts,
  asker: Asker,
  cluster: Cluster,
  nodes: readonly ClusterNode[],
): Promise<Cluster> {
  const update = { 'nodes.nodeData': nodes as unknown as Json }
  return guardDocument(ports, asker, {
    action: 'update_cluster',
    current: cluster,
    cluster: withNodes(cluster, nodes),
    beside: { current_cluster_data: asJson(cluster), update },
  })
}

const isSame = ({ added, changed, missing }: NodeDifference, isPruning: boolean): boolean =>
  added.length + changed.length === 0 && !(isPruning && missing.length > 0)

const reportOf = (
  cluster_id: string,
  { added, changed, missing, unchanged }: NodeDifference,
  { isPruning, isDryRun }: Pick<SyncOrder, 'isPruning' | 'isDryRun'>,
): SyncReport => ({
  ...{ cluster_id, added, changed, missing, unchanged },
  pruned: isPruning ? missing : [],
  dry_run: isDryRun,
})

const NodePage = z.object({
  nodes: z.array(z.unknown()),
  unidentified: z.array(z.string()).default([]),
  next_cursor: z.string().min(1).nullable(),
})

/** All nodes of the cluster's Kubernetes, each id once. What cannot be a node of a document is left out, with a warning. */
async function readNodes(
  ports: Needs<'controllers'>,
  stored: StoredCluster,
): Promise<{ found: ClusterNode[]; warnings: Warning[] }> {
  const found = new Map<string, ClusterNode>()
  const warnings: Warning[] = []
  let cursor: string | null = null
  for (let page = 1; page <= pagesMax && found.size <= nodesMax; page++) {
    const query = new URLSearchParams({ limit: String(pageNodes), ...(cursor === null ? {} : { cursor }) })
    const { nodes, unidentified, next_cursor } = await ask(
      ports,
      stored,
      { method: 'GET', path: `/nodes?${query}` },
      NodePage,
    )
    for (const given of nodes) take(given, found, warnings)
    warnings.push(
      ...unidentified.map((name) => skipped(name, 'its name is too long for an id, and it has no label nodeID')),
    )
    if (next_cursor === null) return { found: [...found.values()], warnings }
    cursor = next_cursor
  }
  throw new GridError('cluster.too_large', `the Kubernetes of ${stored.cluster.id} has more than ${nodesMax} nodes`)
}

function take(given: unknown, found: Map<string, ClusterNode>, warnings: Warning[]): void {
  const entry = NodeEntry.safeParse(given)
  if (!entry.success) {
    const name = (given as { kubernetes?: { name?: unknown } } | null)?.kubernetes?.name
    const why = entry.error.issues[0]?.message ?? 'is not valid'
    warnings.push(skipped(String(name ?? '(without a name)'), why))
    return
  }
  const { node, kubernetes } = entry.data
  if (!found.has(node.id)) found.set(node.id, node)
  else warnings.push(skipped(kubernetes.name, `another has the same nodeID ${node.id}`))
}

const skipped = (name: string, why: string): Warning => ({
  code: 'node.skipped',
  detail: `Kubernetes node ${name}: ${why}`,
})
