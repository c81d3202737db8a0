import type { JsonObject } from '@gridgate/core/json'
import type { NodeDocument, NodeMetrics } from '@gridgate/core/metrics/node-metrics'
import type { ControllerPorts } from '../controller-ports.ts'
import {
  type Assembly,
  addFigure,
  addGpuFigure,
  assembleHistory,
  documentOf,
  emptyAssembly,
  gpusOf,
  type Part,
} from './assemble.ts'
import type { TimeRange } from './database.ts'
import { nodesQuery, type Scope } from './figure-query.ts'
import { figureGroups, singleGpuFigures } from './figures.ts'
import { freshSecondsOf, type LastSeen, shownSecondsOf } from './last-seen.ts'

type ReaderPorts = Pick<ControllerPorts, 'settings' | 'database'>

/** Characters of node ids in one query; the database reads queries of 16 KB. */
const idCharactersMax = 6_000

/** The metrics of nodes that were seen, in the same order. A stale node has its last samples, but nothing per time. */
export async function readNodes(
  ports: ReaderPorts,
  at: Date,
  seen: ReadonlyMap<string, LastSeen>,
): Promise<NodeMetrics[]> {
  const assemblies = new Map([...seen.keys()].map((id) => [id, emptyAssembly()]))
  const idsThat = (stale: boolean): string[] => [...seen].filter(([, node]) => node.stale === stale).map(([id]) => id)
  await Promise.all([
    ...chunks(idsThat(false)).map((nodeIds) => fill(ports, at, assemblies, { nodeIds, stale: false })),
    ...chunks(idsThat(true)).map((nodeIds) => fill(ports, at, assemblies, { nodeIds, stale: true })),
  ])
  return [...seen].map(([id, node]) => toNode(id, node, assemblies.get(id) ?? emptyAssembly()))
}

/** What is known of all nodes that were seen, by id: those that report are asked for together, whatever they are called. */
export async function readAllNodes(
  ports: ReaderPorts,
  at: Date,
  seen: ReadonlyMap<string, LastSeen>,
): Promise<ReadonlyMap<string, Assembly>> {
  const assemblies = new Map([...seen.keys()].map((id) => [id, emptyAssembly()]))
  await fill(ports, at, assemblies, { stale: false })
  const staleIds = [...seen].filter(([, node]) => node.stale).map(([id]) => id)
  for (const nodeIds of chunks(staleIds)) await fill(ports, at, assemblies, { nodeIds, stale: true })
  return assemblies
}

/** A node's figures at each step of a time, the oldest first. */
export const readNodeHistory = (
  { settings, database }: ReaderPorts,
  range: TimeRange,
  id: string,
): Promise<JsonObject[]> =>
  assembleHistory(
    database,
    range,
    partsOf({ clusterId: settings.clusterId, nodeIds: [id], windowSeconds: freshSecondsOf(settings) }),
  )

/** As the metrics service has always stored it. */
export const toDocument = (clusterId: string, node: NodeMetrics): NodeDocument => ({
  nodeId: node.id,
  clusterId,
  type: 'hardware',
  timestamp: node.timestamp,
  stale: node.stale,
  metrics: { resource: { node } },
})

async function fill(
  { settings, database }: ReaderPorts,
  at: Date,
  assemblies: ReadonlyMap<string, Assembly>,
  { stale, ...asked }: Pick<Scope, 'nodeIds'> & { stale: boolean },
): Promise<void> {
  const windowSeconds = stale ? shownSecondsOf(settings) : freshSecondsOf(settings)
  const scope = { ...asked, clusterId: settings.clusterId, windowSeconds }
  await Promise.all(
    partsOf(scope, stale).map(async ({ query, add }) => {
      for (const sample of await database.at(query, at)) {
        const assembly = assemblies.get(sample.labels.node_id ?? '')
        if (assembly) add(assembly, sample)
      }
    }),
  )
}

const partsOf = (scope: Scope, stale = false): Part[] => [
  ...figureGroups.map((figures) => ({
    query: nodesQuery(
      figures.filter(({ isRate }) => !(stale && isRate)),
      scope,
    ),
    add: addFigure,
  })),
  { query: nodesQuery(singleGpuFigures, scope), add: addGpuFigure },
]

/** A node as it is shown. */
export function toNode(id: string, { timestamp, stale }: LastSeen, assembly: Assembly): NodeMetrics {
  return { ...documentOf(assembly), gpus: gpusOf(assembly) as NodeMetrics['gpus'], id, timestamp, stale }
}

function chunks(ids: readonly string[]): string[][] {
  const result: string[][] = []
  let characters = Number.POSITIVE_INFINITY
  for (const id of ids) {
    characters += id.length + 1
    if (characters > idCharactersMax) {
      result.push([])
      characters = id.length
    }
    result.at(-1)?.push(id)
  }
  return result
}
