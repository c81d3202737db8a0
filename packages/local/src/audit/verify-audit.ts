import { AuditChain, AuditEntry, type ChainHead } from '@gridgate/core/audit/audit-entry'
import { ChainCheck, type Flaw } from '@gridgate/core/audit/chain'
import type { ReadPage } from './read-pages.ts'
import { pagesOf } from './read-pages.ts'

const dayMs = 86_400_000

/** What is looked at: everything, unless it is narrowed. */
export interface VerifyOptions {
  day: string | null
  clusterId: string | null
}

/** What came of it. */
export interface Verified {
  chains: number
  entries: number
  /** The first wrong entry of each chain that is broken. */
  flaws: Flaw[]
}

/**
 * Recomputes every hash of the audit log, as the API tells it, and holds each chain against the anchors in the network's chains:
 * those of its own day and of the next. The chains that hold the anchors are looked at as well, whatever was asked.
 * @throws {Error} where the API cannot be read
 */
export async function verifyAudit(read: ReadPage, { day, clusterId }: VerifyOptions): Promise<Verified> {
  const listed = await listChains(read, day)
  const days = day === null ? [...new Set(listed.map((chain) => chain.day))] : [day, dayAfter(day)]
  const heads: ChainHead[] = []
  for (const anchored of days) heads.push(...(await headsIn(read, { cluster_id: null, day: anchored })))
  const wanted = [...listed, ...heads].filter(
    (chain) => chain.cluster_id === null || clusterId === null || chain.cluster_id === clusterId,
  )
  const holders = day === null ? [] : days.map((held) => ({ cluster_id: null, day: held }))
  const chains = distinct([...wanted.filter((chain) => day === null || chain.day === day), ...holders])
  // An id that was mistyped is no reason to call anything intact.
  if (clusterId !== null && !chains.some((chain) => chain.cluster_id === clusterId))
    throw new Error(`there is no chain of cluster ${clusterId}${day === null ? '' : ` of ${day}`}`)
  const verified: Verified = { chains: 0, entries: 0, flaws: [] }
  for (const chain of chains) {
    const { entries, flaw } = await verifyChain(read, chain, heads)
    verified.chains += 1
    verified.entries += entries
    if (flaw) verified.flaws.push(flaw)
  }
  return verified
}

async function verifyChain(
  read: ReadPage,
  chain: AuditChain,
  heads: readonly ChainHead[],
): Promise<{ entries: number; flaw: Flaw | null }> {
  const check = new ChainCheck(chain, heads)
  for await (const page of pagesOf(read, pathOf(chain))) {
    if ('unreadable' in page) return { entries: check.entries, flaw: unreadable(chain, page.unreadable) }
    for (const given of page.items) {
      const entry = AuditEntry.safeParse(given)
      if (!entry.success) return { entries: check.entries, flaw: unreadable(chain, check.entries + 1) }
      const flaw = check.next(entry.data)
      if (flaw) return { entries: check.entries, flaw }
    }
  }
  return { flaw: check.end(), entries: check.entries }
}

/** What anchors say, as far as they can be read: that they can is looked at with the chain that holds them. */
async function headsIn(read: ReadPage, chain: AuditChain): Promise<ChainHead[]> {
  const heads: ChainHead[] = []
  for await (const page of pagesOf(read, pathOf(chain))) {
    if ('unreadable' in page) return heads
    for (const given of page.items) heads.push(...(AuditEntry.safeParse(given).data?.heads ?? []))
  }
  return heads
}

async function listChains(read: ReadPage, day: string | null): Promise<AuditChain[]> {
  const chains: AuditChain[] = []
  for await (const page of pagesOf(read, `/audit/chains?${new URLSearchParams(day === null ? {} : { day })}`)) {
    // The list looks up the end of each chain; one whose end cannot be read is named by the answer.
    if ('unreadable' in page) throw new Error('the list of chains cannot be read: name a day and a cluster')
    chains.push(...page.items.map((chain) => AuditChain.parse(chain)))
  }
  return chains
}

const pathOf = ({ cluster_id, day }: AuditChain): string =>
  `/audit?${new URLSearchParams({ day, limit: '500', ...(cluster_id === null ? {} : { cluster_id }) })}`

const unreadable = (chain: AuditChain, sequence: number): Flaw => ({ ...chain, sequence, says: 'it is no entry' })

const dayAfter = (day: string): string => new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10)

function distinct(chains: readonly AuditChain[]): AuditChain[] {
  const byName = new Map(
    chains.map(({ cluster_id, day }) => [`${day} ${cluster_id ?? ''}`, { cluster_id, day }] as const),
  )
  return [...byName.keys()].sort().map((name) => byName.get(name) as AuditChain)
}
