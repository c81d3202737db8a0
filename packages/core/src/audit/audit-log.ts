import type { Page } from '../page.ts'
import type { AuditChain, AuditEntry, AuditFacts, ChainHead } from './audit-entry.ts'

interface Paging {
  after: string | null
  limit: number
}

/** Port: the audit log. Entries are only ever added, each at the end of the chain of its cluster and of today. */
export interface AuditLog {
  /** @throws {GridError} `service.unavailable` when others kept taking the place, or the time was over */
  append(facts: AuditFacts): Promise<AuditEntry>
  /** The entries of a chain, oldest first. */
  list(chain: AuditChain, options: Paging): Promise<Page<AuditEntry>>
  /** The chains of a day, or of every day, in the order of days, then of cluster ids. */
  listChains(day: string | null, options: Paging): Promise<Page<AuditChain>>
  /** The last entry of a chain, or null where there is none. */
  head(chain: AuditChain): Promise<ChainHead | null>
  /** Sequences up to which the chains of a day are anchored, by cluster id; the network's is under the empty text. */
  anchored(day: string): Promise<ReadonlyMap<string, number>>
  /** Keeps up to where chains are anchored from now on. */
  keepAnchored(heads: readonly ChainHead[]): Promise<void>
}
