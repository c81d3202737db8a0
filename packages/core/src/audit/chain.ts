import { createHash } from 'node:crypto'
import type { AuditChain, AuditEntry, AuditFacts, ChainHead } from './audit-entry.ts'

/** Where a chain begins: known to everybody, so that a first entry cannot be left out. */
export const genesisOf = ({ cluster_id, day }: AuditChain): string =>
  sha256(canonicalJson({ gridgate: 'audit', cluster_id, day }))

/** The hash of an entry: over all of its members but the hash itself. */
export const hashOf = ({ sha256: _, ...rest }: AuditEntry): string => sha256(canonicalJson(rest))

/** The entry that follows the last one of its chain. */
export function nextEntry(
  facts: AuditFacts,
  { day, at, last }: { day: string; at: Date; last: ChainHead | null },
): AuditEntry {
  const unsealed = {
    ...facts,
    day,
    at: at.toISOString(),
    sequence: (last?.sequence ?? 0) + 1,
    previous_sha256: last?.sha256 ?? genesisOf({ cluster_id: facts.cluster_id, day }),
    sha256: '',
  }
  return { ...unsealed, sha256: hashOf(unsealed) }
}

/** The first thing that is wrong with a chain. */
export interface Flaw extends AuditChain {
  /** The place where the first wrong entry stands, or one is missing. */
  sequence: number
  says: string
}

/** Checks a chain entry by entry, in their order, against itself and against the heads that anchors hold of it. */
export class ChainCheck {
  readonly #chain: AuditChain
  readonly #heads = new Map<number, string>()
  #sequence = 0
  #sha256: string
  #flaw: Flaw | null = null

  constructor(chain: AuditChain, heads: readonly ChainHead[] = []) {
    this.#chain = chain
    this.#sha256 = genesisOf(chain)
    for (const head of heads) if (isOf(chain, head)) this.#heads.set(head.sequence, head.sha256)
  }

  /** How many entries were right. */
  get entries(): number {
    return this.#sequence
  }

  /** Looks at the next entry; @returns what is wrong, now or before. */
  next(entry: AuditEntry): Flaw | null {
    if (this.#flaw) return this.#flaw
    const expected = this.#sequence + 1
    const says = this.#problemOf(entry, expected)
    if (says !== null) return this.#broken(expected, says)
    this.#sequence = entry.sequence
    this.#sha256 = entry.sha256
    return null
  }

  /** Says that there are no more; @returns what is wrong, a chain that was cut included. */
  end(): Flaw | null {
    const missing = [...this.#heads.keys()].filter((sequence) => sequence > this.#sequence).sort((a, b) => b - a)[0]
    if (this.#flaw || missing === undefined) return this.#flaw
    return this.#broken(this.#sequence + 1, `the chain ends here, and an anchor knows its entry ${missing}`)
  }

  #problemOf(entry: AuditEntry, expected: number): string | null {
    if (!isOf(this.#chain, entry)) return 'it belongs to another chain'
    if (entry.sequence !== expected) return `entry ${entry.sequence} stands in the place of entry ${expected}`
    if (entry.previous_sha256 !== this.#sha256) return 'it does not follow from the entry before'
    if (entry.sha256 !== hashOf(entry)) return 'its hash is not that of its content'
    const anchored = this.#heads.get(expected)
    return anchored === undefined || anchored === entry.sha256 ? null : 'an anchor knows another entry in its place'
  }

  #broken(sequence: number, says: string): Flaw {
    this.#flaw = { ...this.#chain, sequence, says }
    return this.#flaw
  }
}

const isOf = (chain: AuditChain, { cluster_id, day }: AuditChain): boolean =>
  cluster_id === chain.cluster_id && day === chain.day

/** JSON with the members of every object in the order of their names, so that the same content has the same hash. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
