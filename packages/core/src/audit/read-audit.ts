import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { pageOf } from '../cursor.ts'
import { GridError } from '../errors.ts'
import { type Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { AuditChain, type AuditEntry, ChainHead, dayOf } from './audit-entry.ts'

/** Chains on one page at most: the end of each is looked up. */
const chainsMax = 100
/** Ends that are looked up at a time. */
const headsAtOnceMax = 10

/** Which chain to read: the network's of today unless said otherwise. */
export const AuditQuery = PageRequest.extend({
  cluster_id: ClusterId.optional().describe('the chain of the network where it is left out'),
  day: z.iso.date().optional().describe('UTC; today where it is left out'),
})
export type AuditQuery = z.infer<typeof AuditQuery>

export const ChainQuery = PageRequest.extend({
  limit: z.coerce.number().int().min(1).max(chainsMax).default(chainsMax),
  day: z.iso.date().optional().describe('UTC; every day where it is left out'),
})
export type ChainQuery = z.infer<typeof ChainQuery>

/** A chain, and how long it is. */
export const ListedChain = z.object({
  ...AuditChain.shape,
  entries: z.number().int().nullable().describe('null where the last entry is none: somebody has changed it'),
  head: ChainHead.shape.sha256.nullable(),
})
export type ListedChain = z.infer<typeof ListedChain>

/** Entries of one chain, oldest first. @throws {GridError} `cursor.invalid` */
export async function readAudit(ports: Needs<'audit' | 'clock'>, query: AuditQuery): Promise<Page<AuditEntry>> {
  const chain = { cluster_id: query.cluster_id ?? null, day: query.day ?? dayOf(ports.clock.now()) }
  return pageOf(`audit ${JSON.stringify(chain)}`, query, (options) => ports.audit.list(chain, options))
}

/** Chains in the order of days, then of cluster ids; the network's comes first. @throws {GridError} `cursor.invalid` */
export async function listChains(ports: Needs<'audit'>, query: ChainQuery): Promise<Page<ListedChain>> {
  const day = query.day ?? null
  return pageOf(`audit-chains ${day ?? ''}`, query, async (options) => {
    const { items, nextCursor } = await ports.audit.listChains(day, options)
    const heads = await headsOf(ports, items)
    const told = items.map((chain, index) => {
      const head = heads[index] ?? null
      return { ...chain, entries: head?.sequence ?? null, head: head?.sha256 ?? null }
    })
    return { items: told, nextCursor }
  })
}

/** The last entries of chains, in the same order; null where it cannot be read, which must not keep the others from being. */
export async function headsOf(ports: Needs<'audit'>, chains: readonly AuditChain[]): Promise<(ChainHead | null)[]> {
  const heads: (ChainHead | null)[] = []
  for (let at = 0; at < chains.length; at += headsAtOnceMax)
    heads.push(...(await Promise.all(chains.slice(at, at + headsAtOnceMax).map((chain) => headOf(ports, chain)))))
  return heads
}

async function headOf(ports: Needs<'audit'>, chain: AuditChain): Promise<ChainHead | null> {
  try {
    return await ports.audit.head(chain)
  } catch (error) {
    if (error instanceof GridError && error.code === 'audit.unreadable') return null
    throw error
  }
}
