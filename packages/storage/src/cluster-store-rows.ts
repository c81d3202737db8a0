import type { Cluster } from '@gridgate/core/cluster/cluster'
import type { StoredCluster } from '@gridgate/core/cluster/cluster-store'
import { ClusterSystem } from '@gridgate/core/cluster/cluster-system'
import { GridError } from '@gridgate/core/errors'
import type { Item } from './store.ts'
import { keys, lists } from './table.ts'

/** Largest document without its nodes, and largest node, in bytes of JSON: an item holds 400 KB, names and keys included. */
const itemBytesMax = 380_000
/** Largest document with all its nodes, in bytes of JSON: what fits into one reply of a function, whatever is in it. */
export const documentBytesMax = 4_600_000

const format = 1

/**
 * The cluster's own row. The document is kept as two pieces of JSON text, between which its nodes' texts belong, so that a read
 * puts texts together instead of parsing and writing them again. Only this file writes such rows; `format` says so.
 */
export type ClusterRow = Item & {
  format: number
  version: number
  /** False while the cluster is being removed: nothing may be added to it then. */
  open: boolean
  head: string
  tail: string
  system: string
  /** Which node rows belong to the document; empty where it lists no nodes. */
  generation: string
  nodeCount: number
  /** Sum of the node rows' versions: rows that were read while they changed do not add up. */
  nodeVersions: number
}

export type NodeRow = Item & { json: string; at: number; version: number }

/** A cluster's rows as they were read together. */
export interface ClusterRows {
  row: ClusterRow
  /** In the order of the document. */
  nodes: NodeRow[]
}

/** The pieces of a document's text around its nodes, and each node's text. */
export interface DocumentText {
  head: string
  tail: string
  /** Null where the document lists no nodes. */
  nodes: { id: string; json: string }[] | null
}

/** @throws {GridError} `cluster.too_large` */
export function toText(cluster: Cluster): DocumentText {
  const nodes = cluster.nodes.nodeData?.map((node) => ({ id: node.id, json: JSON.stringify(node) })) ?? null
  const text = { ...around(cluster, nodes !== null), nodes }
  refuseLarge(text)
  return text
}

/** Cuts the document's text where `nodes.nodeData` is filled in. */
function around(cluster: Cluster, listsNodes: boolean): { head: string; tail: string } {
  if (!listsNodes) return { head: JSON.stringify(cluster), tail: '' }
  const { nodeData = [], count = nodeData.length, ...nodes } = cluster.nodes
  const before: [string, unknown][] = []
  const after: [string, unknown][] = []
  let passed = false
  for (const entry of Object.entries(cluster)) {
    if (entry[0] === 'nodes') passed = true
    else (passed ? after : before).push(entry)
  }
  const counted = JSON.stringify({ ...Object.fromEntries(before), nodes: { ...nodes, count } }).slice(0, -2)
  const rest = JSON.stringify(Object.fromEntries(after)).slice(1, -1)
  return { head: `${counted},"nodeData":[`, tail: rest === '' ? ']}}' : `]},${rest}}` }
}

function refuseLarge({ head, tail, nodes }: DocumentText): void {
  const bytes = Buffer.byteLength(head) + Buffer.byteLength(tail)
  if (bytes > itemBytesMax) throw tooLarge('the document without its nodes', bytes, itemBytesMax)
  let total = bytes
  for (const { id, json } of nodes ?? []) {
    const nodeBytes = Buffer.byteLength(json)
    if (nodeBytes > itemBytesMax) throw tooLarge(`the node ${id}`, nodeBytes, itemBytesMax)
    total += nodeBytes + 1
  }
  if (total > documentBytesMax) throw tooLarge('the document', total, documentBytesMax)
}

const tooLarge = (what: string, bytes: number, bytesMax: number): GridError =>
  new GridError('cluster.too_large', `${what} takes ${bytes} bytes; at most ${bytesMax} can be kept`, {
    details: { bytes, bytes_max: bytesMax },
  })

/** The cluster's row for a text; `rows` are the node rows that belong to it. */
export function toRow(
  id: string,
  { head, tail, nodes }: DocumentText,
  system: ClusterSystem,
  version: number,
  generation: string,
  rows: readonly NodeRow[],
): ClusterRow {
  return {
    ...keys.cluster(id),
    listPk: lists.clusters,
    listSk: id,
    format,
    version,
    open: true,
    head,
    tail,
    system: JSON.stringify(system),
    generation: nodes ? generation : '',
    nodeCount: rows.length,
    nodeVersions: rows.reduce((sum, row) => sum + row.version, 0),
  }
}

/** Recognises our own row. @throws when something else stands in its place */
export function asClusterRow(item: Item): ClusterRow {
  const row = item as Partial<ClusterRow> & Item
  if (row.format !== format || typeof row.head !== 'string' || typeof row.tail !== 'string' || !row.version)
    throw new Error(`row ${row.pk} ${row.sk} is not a cluster of format ${format}`)
  return row as ClusterRow
}

/** The whole document as JSON text. */
export const textOf = ({ row, nodes }: ClusterRows): string =>
  `${row.head}${nodes.map(({ json }) => json).join(',')}${row.tail}`

/**
 * The stored cluster. What was validated before it was written is not validated again: the row's format says that this
 * file wrote it, and the texts are JSON that `toText` made.
 */
export function toStored(rows: ClusterRows): StoredCluster {
  const { row } = rows
  return { cluster: JSON.parse(textOf(rows)) as Cluster, ...besideDocument(row) }
}

/** The stored cluster without `nodes.nodeData`. */
export function toOutline(row: ClusterRow): StoredCluster {
  const cluster = JSON.parse(`${row.head}${row.tail}`) as Cluster
  delete cluster.nodes.nodeData
  return { cluster, ...besideDocument(row) }
}

const besideDocument = (row: ClusterRow): Pick<StoredCluster, 'system' | 'version'> => ({
  system: ClusterSystem.parse(JSON.parse(row.system)),
  version: row.version,
})

/** What must change among the node rows of a generation to make them these nodes. */
export interface NodeChanges {
  rows: NodeRow[]
  puts: NodeRow[]
  removals: NodeRow[]
}

/**
 * Compares the nodes of a document with the rows of their generation. A row stays where its text is the same and its position
 * still fits, so that one added or removed node is one written row.
 */
export function changesTo(
  clusterId: string,
  nodes: readonly { id: string; json: string }[],
  stored: readonly NodeRow[],
  target: { generation: string; version: number },
): NodeChanges {
  const key = (nodeId: string): { pk: string; sk: string } => keys.node(clusterId, target.generation, nodeId)
  const left = new Map(stored.map((row) => [row.sk, row]))
  const puts: NodeRow[] = []
  let last = -1
  const rows = nodes.map(({ id, json }) => {
    const place = key(id)
    const found = left.get(place.sk)
    left.delete(place.sk)
    const fits = found !== undefined && found.at > last
    last = fits ? found.at : last + 1
    if (fits && found.json === json) return found
    const row: NodeRow = { ...place, json, at: last, version: target.version }
    puts.push(row)
    return row
  })
  return { rows, puts, removals: [...left.values()] }
}

/** The nodes of a generation among a partition's rows, in the order of the document. */
export const nodesOf = (clusterId: string, generation: string, items: readonly Item[]): NodeRow[] => {
  if (generation === '') return []
  const { sk: prefix } = keys.node(clusterId, generation, '')
  return (items.filter(({ sk }) => sk.startsWith(prefix)) as NodeRow[]).sort((a, b) => a.at - b.at)
}
