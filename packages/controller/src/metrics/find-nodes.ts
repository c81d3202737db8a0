import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor } from '@gridgate/core/cursor'
import type { NodeDocument } from '@gridgate/core/metrics/node-metrics'
import type { Page, PageRequest } from '@gridgate/core/page'
import { parseFilter } from '@gridgate/core/query/parse-filter'
import type { ClusterView } from './cluster-view.ts'
import { toDocument } from './read-nodes.ts'

/** Nodes that are read at a time. */
const readAtOnceMax = 500

/**
 * The nodes that match, in the order of their ids. A filter names figures as the stored document has them
 * (`metrics.resource.node.vcpu.load15m`) or in short (`vcpu.load_15m`).
 * @throws {GridError} `query.invalid`, `query.unknown_operator`, `cursor.invalid`, `metrics.unavailable`
 */
export async function findNodes(
  view: ClusterView,
  { clusterId, filter: wanted, page }: { clusterId: string; filter: unknown; page: PageRequest },
): Promise<Page<NodeDocument>> {
  const filter = parseFilter(wanted)
  const list = `node_metrics ${createHash('sha256').update(JSON.stringify(wanted)).digest('hex')}`
  const after = page.cursor === undefined ? '' : decodeCursor(list, page.cursor)
  const seen = [...view.seen].filter(([id]) => id > after)
  const items: NodeDocument[] = []
  for (let from = 0; from < seen.length; from += readAtOnceMax) {
    const nodes = await view.nodes(new Map(seen.slice(from, from + readAtOnceMax)))
    for (const node of nodes) {
      const document = toDocument(clusterId, node)
      if (!filter.matches({ ...node, ...document })) continue
      items.push(document)
      if (items.length < page.limit) continue
      const isEnd = node.id === seen.at(-1)?.[0]
      return { items, nextCursor: isEnd ? null : encodeCursor(list, node.id) }
    }
  }
  return { items, nextCursor: null }
}
