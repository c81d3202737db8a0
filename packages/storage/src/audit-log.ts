import { setTimeout as delay } from 'node:timers/promises'
import { type AuditChain, AuditEntry, type AuditFacts, type ChainHead, dayOf } from '@gridgate/core/audit/audit-entry'
import type { AuditLog } from '@gridgate/core/audit/audit-log'
import { nextEntry } from '@gridgate/core/audit/chain'
import { GridError } from '@gridgate/core/errors'
import type { Clock, Needs } from '@gridgate/core/ports'
import { listPage } from './list-page.ts'
import { ConditionFailed, type Item, type Store } from './store.ts'
import { keys, lists } from './table.ts'
import { openTurns } from './turns.ts'

/** Lost races for the end of a chain after which an entry is given up, and the time for all of them in milliseconds. */
const attemptsMax = 60
const appendMsMax = 2_000
/** Longest wait after a lost race, in milliseconds: short, because somebody else is done each time. */
const waitMsMax = 100
/** How long it is known up to where chains are anchored, in seconds: anchors look at today and yesterday. */
const anchoredSecondsMax = 7 * 86_400

/** Entries by chain, in their order. Nothing here changes or removes one. */
export const auditLog = (
  store: Store,
  { clock }: Needs<'clock'>,
  msMax = appendMsMax,
  turns = openTurns(),
): AuditLog => ({
  // Entries of one process do not race each other; between processes the condition in the store decides.
  append(facts) {
    const endsAt = performance.now() + msMax
    return turns(`audit ${facts.cluster_id ?? ''}`, () => append(store, clock, { facts, endsAt }))
  },
  async list(chain, { after, limit }) {
    const { items, more } = await store.query({ from: from(chain), limit, ...(after === null ? {} : { after }) })
    return { items: items.map(fromItem), nextCursor: more ? (items.at(-1)?.sk ?? null) : null }
  },
  listChains: (day, options) => {
    const listed = { list: lists.auditChains, fromItem: chainOf }
    return listPage(store, day === null ? listed : { ...listed, prefix: `${day}#` }, options)
  },
  head: (chain) => head(store, chain),
  anchored: (day) => anchored(store, day),
  async keepAnchored(heads) {
    const ttl = Math.floor(clock.now().getTime() / 1000) + anchoredSecondsMax
    await store.writeMany(
      heads.map(({ cluster_id, day, sequence }) => ({
        put: { ...keys.auditAnchor(day, cluster_id ?? ''), sequence, ttl },
      })),
    )
  },
})

/** Puts the entry behind the last one, unless somebody else did first: then it is another one's turn to be the last. */
async function append(
  store: Store,
  clock: Clock,
  { facts, endsAt }: { facts: AuditFacts; endsAt: number },
): Promise<AuditEntry> {
  for (let attempt = 1; attempt <= attemptsMax && performance.now() < endsAt; attempt++) {
    const at = clock.now()
    const day = dayOf(at)
    const last = await head(store, { cluster_id: facts.cluster_id, day })
    const entry = nextEntry(facts, { day, at, last })
    try {
      await store.write({ put: toItem(entry), when: 'absent' })
      return entry
    } catch (error) {
      if (!(error instanceof ConditionFailed)) throw error
      await delay(Math.random() * waitMsMax)
    }
  }
  throw new GridError('service.unavailable', 'too many entries at once for one chain of the audit log', {
    retryAfterSeconds: 1,
  })
}

async function head(store: Store, chain: AuditChain): Promise<ChainHead | null> {
  const { items } = await store.query({ from: from(chain), newestFirst: true, limit: 1 })
  const [last] = items.map(fromItem)
  return last ? { ...chain, sequence: last.sequence, sha256: last.sha256 } : null
}

async function anchored(store: Store, day: string): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  let after: string | undefined
  for (;;) {
    const { pk } = keys.auditAnchor(day, '')
    const { items, more } = await store.query({ from: { pk }, ...(after === undefined ? {} : { after }) })
    for (const { sk, sequence } of items) found.set(sk.slice(1), Number(sequence))
    after = items.at(-1)?.sk
    if (!more || after === undefined) return found
  }
}

const from = ({ cluster_id, day }: AuditChain): { pk: string } => ({ pk: keys.audit(cluster_id ?? '', day, 1).pk })

/** The first entry puts its chain on the list of chains. */
const toItem = (entry: AuditEntry): Item => ({
  ...keys.audit(entry.cluster_id ?? '', entry.day, entry.sequence),
  ...(entry.sequence === 1 ? { listPk: lists.auditChains, listSk: `${entry.day}#${entry.cluster_id ?? ''}` } : {}),
  json: JSON.stringify(entry),
})

/** What is no entry was put there by somebody else. @throws {GridError} `audit.unreadable` with its sequence */
function fromItem({ pk, sk, json }: Item): AuditEntry {
  try {
    return AuditEntry.parse(JSON.parse(String(json)))
  } catch (cause) {
    const [, clusterId, day] = pk.split('#')
    throw new GridError('audit.unreadable', `what stands at ${day} ${clusterId} ${sk} is no entry of the audit log`, {
      ...{ cause, details: { cluster_id: clusterId || null, day, sequence: Number(sk) } },
    })
  }
}

function chainOf({ listSk = '' }: Item): AuditChain {
  const [day = '', clusterId = ''] = listSk.split('#')
  return { cluster_id: clusterId === '' ? null : clusterId, day }
}
