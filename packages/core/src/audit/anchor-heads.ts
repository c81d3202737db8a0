import type { Needs } from '../ports.ts'
import { anchorOperation, type ChainHead, dayOf } from './audit-entry.ts'
import { headsOf } from './read-audit.ts'

/** Heads in one entry at most: one of 48 letters takes some 180 bytes, and a row holds 400 kB. */
const headsPerEntryMax = 100
/** Chains looked at in one page, and pages in one day. */
const pageChains = 100
const pagesMax = 100
const dayMs = 86_400_000

type AnchorPorts = Needs<'audit' | 'clock' | 'log'>

/**
 * Writes the last entries of all chains that have grown into the network's chain of today, so that a chain that is cut or
 * replaced later is found out. Yesterday's are looked at as well: they may have grown after the last time. The network's own
 * chain of today is left out, because its entries hold each other. May run again: what was anchored twice is anchored.
 * @throws {GridError} `service.unavailable`; what is not anchored then is the next time
 */
export async function anchorHeads(ports: AnchorPorts): Promise<{ anchored: number }> {
  const now = ports.clock.now()
  const today = dayOf(now)
  let anchored = 0
  for (const day of [dayOf(new Date(now.getTime() - dayMs)), today]) {
    const known = await ports.audit.anchored(day)
    let after: string | null = null
    for (let page = 0; page < pagesMax; page++) {
      const { items, nextCursor } = await ports.audit.listChains(day, { after, limit: pageChains })
      const chains = items.filter((chain) => chain.cluster_id !== null || day !== today)
      const heads = await headsOf(ports, chains)
      chains.forEach((chain, index) => {
        if (!heads[index]) ports.log.error('audit.unreadable', { ...chain })
      })
      const grown = heads
        .filter((head) => head !== null)
        .filter(({ cluster_id, sequence }) => sequence > (known.get(cluster_id ?? '') ?? 0))
      await anchor(ports, grown)
      anchored += grown.length
      after = nextCursor
      if (after === null) break
    }
    if (after !== null) ports.log.error('audit.anchor_incomplete', { day, chains: pageChains * pagesMax })
  }
  if (anchored > 0) ports.log.info('audit.anchored', { anchored })
  return { anchored }
}

async function anchor(ports: AnchorPorts, heads: readonly ChainHead[]): Promise<void> {
  for (let at = 0; at < heads.length; at += headsPerEntryMax) {
    const some = heads.slice(at, at + headsPerEntryMax)
    await ports.audit.append({
      ...{ cluster_id: null, caller_id: 'system:anchor-audit', role: null, operation: anchorOperation },
      ...{ route: null, subject: null, status: null, code: null, task_id: null, request_id: null },
      ...{ decision_ids: [], changes: [], heads: some },
    })
    await ports.audit.keepAnchored(some)
  }
}
