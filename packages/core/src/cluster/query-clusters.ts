import { createHash } from 'node:crypto'
import type { Caller } from '../caller.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import { metricsMatches, parseClusterFilter } from '../metrics/cluster-filter.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import type { Filter } from '../query/filter.ts'
import type { Cluster, ClusterId } from './cluster.ts'
import type { StoredCluster } from './cluster-store.ts'

/** Clusters and nodes that one page looks at before it gives back what it has (spec/decisions.md 15). */
const lookedAtMax = 5000
/** Documents of one page, in bytes of JSON: a function's reply holds 4.6 MB. */
const pageBytesMax = 4_500_000
/** Clusters whose outlines are fetched at a time, and whose documents are. */
const outlinesMax = 100
const documentsAtOnceMax = 8

/** What a query about clusters reads. */
export type QueryPorts = Needs<'clusters' | 'summaries' | 'clock'>

/**
 * The clusters in the caller's scope that match, in the order of their ids. A page may hold fewer than were asked for, and even
 * none, while there is a next one: it looks at 5,000 clusters and nodes and holds 4.5 MB at most.
 * @param query in either language of `parseFilter`, or a filter object that also asks about metrics
 * @throws {GridError} `query.invalid`, `query.unknown_operator`, `cursor.invalid`
 */
export async function queryClusters(
  ports: QueryPorts,
  query: unknown,
  page: PageRequest,
  caller: Caller,
): Promise<Page<Cluster>> {
  const { documents: filter, metrics } = parseClusterFilter(query)
  const list = `clusters ${createHash('sha256').update(JSON.stringify(query)).digest('hex')}`
  const scan: Scan = { items: [], lookedAt: 0, bytes: 0, last: null }
  let after = page.cursor === undefined ? null : decodeCursor(list, page.cursor)
  for (;;) {
    const outlines = await listScope(ports, caller, after)
    const candidates = outlines.items.map(({ cluster }) => ({ id: cluster.id, isOut: !mayMatch(filter, cluster) }))
    if (metrics) await leaveOut(ports, metrics, candidates)
    const isFull = await collect(ports, filter, page.limit, candidates, scan)
    const isEnd = outlines.nextCursor === null && scan.last === (candidates.at(-1)?.id ?? scan.last)
    if (isEnd) return { items: scan.items, nextCursor: null }
    if (isFull && scan.last !== null) return { items: scan.items, nextCursor: encodeCursor(list, scan.last) }
    after = outlines.nextCursor
  }
}

/** Clusters of the caller, in order; others are not even counted, or cursors and short pages would tell that they are there. */
async function listScope(
  { clusters }: Needs<'clusters'>,
  caller: Caller,
  after: string | null,
): Promise<Page<StoredCluster>> {
  if (caller.clusters === '*') return clusters.list({ after, limit: outlinesMax })
  const behind = [...new Set(caller.clusters)].filter((id) => after === null || id > after).sort()
  const ids = behind.slice(0, outlinesMax)
  const found = await Promise.all(ids.map((id) => clusters.findOutline(id as ClusterId)))
  return {
    items: found.filter((stored) => stored !== null),
    nextCursor: behind.length > ids.length ? (ids.at(-1) ?? null) : null,
  }
}

/** Marks what does not match by its metrics, of those that are still in. */
async function leaveOut(
  ports: Needs<'summaries' | 'clock'>,
  metrics: Filter,
  candidates: { id: ClusterId; isOut: boolean }[],
): Promise<void> {
  const open = candidates.filter(({ isOut }) => !isOut)
  const matching = await metricsMatches(
    ports,
    metrics,
    open.map(({ id }) => id),
  )
  for (const candidate of open) candidate.isOut = !matching.has(candidate.id)
}

/** What a page has come to. */
interface Scan {
  items: Cluster[]
  lookedAt: number
  bytes: number
  /** The last cluster that was looked at. */
  last: ClusterId | null
}

/** Where the outline decides, documents that do not match are never fetched. */
const mayMatch = (filter: Filter, outline: Cluster): boolean =>
  [...filter.paths].some((path) => path === 'nodes' || (path.startsWith('nodes.') && path !== 'nodes.count')) ||
  filter.matches(outline)

/** Takes matching documents, in order, until the page is full; says whether it is. */
async function collect(
  ports: Needs<'clusters'>,
  filter: Filter,
  limit: number,
  candidates: readonly { id: ClusterId; isOut: boolean }[],
  scan: Scan,
): Promise<boolean> {
  for (let at = 0; at < candidates.length; at += documentsAtOnceMax) {
    const group = candidates.slice(at, at + documentsAtOnceMax)
    const texts = await Promise.all(group.map(({ id, isOut }) => (isOut ? null : ports.clusters.readText(id))))
    for (const [index, { id }] of group.entries()) {
      if (!take(texts[index]?.json, filter, scan)) return true
      scan.last = id
      if (scan.items.length >= limit || scan.lookedAt >= lookedAtMax) return true
    }
  }
  return false
}

/** Looks at one document; false, with nothing changed, when the page has no room for it. */
function take(json: string | undefined, filter: Filter, scan: Scan): boolean {
  const cluster = json === undefined ? null : (JSON.parse(json) as Cluster)
  const isMatch = cluster !== null && filter.matches(cluster)
  const bytes = scan.bytes + (isMatch ? Buffer.byteLength(json ?? '') : 0)
  if (isMatch && scan.items.length > 0 && bytes > pageBytesMax) return false
  scan.lookedAt += 1 + (cluster?.nodes.nodeData?.length ?? 0)
  scan.bytes = bytes
  if (isMatch) scan.items.push(cluster)
  return true
}
