import type { ControllerPorts } from '../controller-ports.ts'
import { addUp } from './add-up.ts'
import { type Assembly, emptyAssembly } from './assemble.ts'
import type { ClusterView } from './cluster-view.ts'
import { figureGroups } from './figures.ts'
import { isStale, readLastSeen } from './last-seen.ts'
import { toClusterMetrics } from './read-cluster-metrics.ts'
import { readAllNodes, toNode } from './read-nodes.ts'

/** All that was known of the cluster's nodes at one moment. */
export interface Reading {
  at: Date
  /** In the order of ids; null when there are more than may be remembered. */
  nodes: ReadonlyMap<string, KeptNode> | null
}

interface KeptNode extends Assembly {
  /** Unix seconds of its last sample. */
  timestamp: number
}

/** Reads all figures of all nodes, if they are not too many. @throws {GridError} `metrics.unavailable` */
export async function takeReading(
  ports: Pick<ControllerPorts, 'settings' | 'database'>,
  at: Date,
  nodesMax: number,
): Promise<Reading> {
  const seen = await readLastSeen(ports, at)
  if (seen.size > nodesMax) return { at, nodes: null }
  const assemblies = await readAllNodes(ports, at, seen)
  const nodes = [...seen].map(
    ([id, { timestamp }]) => [id, { timestamp, ...(assemblies.get(id) ?? emptyAssembly()) }] as const,
  )
  return { at, nodes: new Map(nodes) }
}

const ratePaths = new Set(
  figureGroups.flatMap((figures) => figures.filter(({ isRate }) => isRate)).map(({ path }) => path),
)

/** What is remembered as one sees it now: a node that has been silent for too long since then is stale now. */
export function viewOf(
  settings: ControllerPorts['settings'],
  nodes: ReadonlyMap<string, KeptNode>,
  now: Date,
): ClusterView {
  const seen = new Map(
    [...nodes].map(([id, { timestamp }]) => [id, { timestamp, stale: isStale(settings, timestamp, now) }]),
  )
  const figuresOf = (id: string, stale: boolean): Assembly => {
    const { figures, gpus } = nodes.get(id) ?? emptyAssembly()
    // Of a node that is silent, nothing per time is known.
    return { gpus, figures: stale ? new Map([...figures].filter(([path]) => !ratePaths.has(path))) : figures }
  }
  return {
    seen,
    nodes: async (some) => [...some].map(([id, node]) => toNode(id, node, figuresOf(id, node.stale))),
    async totals() {
      const reporting = [...seen].filter(([, { stale }]) => !stale)
      return toClusterMetrics(addUp(reporting.map(([id]) => figuresOf(id, false))), seen)
    },
  }
}
