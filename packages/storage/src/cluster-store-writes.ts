import type { Ids } from '@gridgate/core/ports'
import type { ClusterRow, NodeChanges } from './cluster-store-rows.ts'
import type { Key, Store, Write } from './store.ts'
import { keys } from './table.ts'

/** Most node rows that are written together with their cluster; a transaction takes 100 rows and 4 MB. */
const togetherRowsMax = 90
const togetherBytesMax = 3_000_000

const generationDigits = 12

/** What the sort keys of all node rows begin with. */
export const nodePrefix = keys.node('', '', '').sk.slice(0, -1)

/** A name for node rows that nobody reads yet: the version that will read them, and something unique. */
export const newGeneration = (version: number, ids: Ids): string =>
  `${String(version).padStart(generationDigits, '0')}-${ids.next().slice(-12)}`

/** Claims that these rows can be written in one transaction with their cluster. */
export function fitsTogether({ puts, removals }: Pick<NodeChanges, 'puts' | 'removals'>): boolean {
  const bytes = puts.reduce((sum, { json }) => sum + Buffer.byteLength(json), 0)
  return puts.length + removals.length <= togetherRowsMax && bytes <= togetherBytesMax
}

/**
 * Writes a document's node rows and, in `heads`, what makes them current. Few changed rows go with the heads in one transaction.
 * Many are written first, where nobody looks yet; that only works for a generation of their own.
 * @param inUse the rows' generation is the one that readers look at
 * @returns false, with nothing written, when there are too many changes for a generation in use
 * @throws {ConditionFailed} for a condition of the heads; the rows are taken away again then
 */
export async function writeDocument(
  store: Store,
  { puts, removals }: NodeChanges,
  heads: readonly Write[],
  inUse = false,
): Promise<boolean> {
  const rows = [...puts.map((put) => ({ put })), ...removals.map(({ pk, sk }) => ({ remove: { pk, sk } }))]
  if (fitsTogether({ puts, removals })) {
    await store.write(...heads, ...rows)
    return true
  }
  if (inUse) return false
  await store.writeMany(rows)
  try {
    await store.write(...heads)
  } catch (error) {
    await store.writeMany(puts.map(({ pk, sk }) => ({ remove: { pk, sk } })))
    throw error
  }
  return true
}

/**
 * Removes node rows that no document reads any more: those of other generations that were begun up to this version.
 * A later one may be in the making; what a crash left behind goes with the next sweep.
 */
export async function sweepNodes(
  store: Store,
  clusterId: string,
  { version, generation }: Pick<ClusterRow, 'version' | 'generation'>,
): Promise<void> {
  const { pk } = keys.cluster(clusterId)
  let after: string | undefined
  for (;;) {
    const page = await store.query({ from: { pk }, prefix: nodePrefix, ...(after === undefined ? {} : { after }) })
    const stale = page.items.filter((row) => isStale(row.sk.slice(nodePrefix.length), version, generation))
    await store.writeMany(stale.map((row): { remove: Key } => ({ remove: { pk: row.pk, sk: row.sk } })))
    after = page.items.at(-1)?.sk
    if (!page.more) return
  }
}

const isStale = (position: string, version: number, current: string): boolean =>
  Number(position.slice(0, generationDigits)) <= version && (current === '' || !position.startsWith(`${current}#`))
