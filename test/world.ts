import { AuditEntry } from '@gridgate/core/audit/audit-entry'
import type { Caller } from '@gridgate/core/caller'
import type { Ports } from '@gridgate/core/ports'
import { compose } from '@gridgate/runtime/compose'
import { readConfig } from '@gridgate/runtime/config'
import { type memoryStore as MemoryStore, memoryStore } from '@gridgate/storage/memory-store'
import type { Item } from '@gridgate/storage/store'
import { guardedStore } from './acting-as.ts'

export const admin: Caller = { id: 'test-admin', role: 'network-admin', clusters: '*' }

/** Claims that a row belongs to the audit log, which also grows by what is refused. */
export const isAudit = ({ pk }: Pick<Item, 'pk'>): boolean => pk.startsWith('AUDIT#')

/** The entries of the audit log among rows, in the order of chains. */
export const auditEntries = (rows: readonly Item[]): AuditEntry[] =>
  rows
    .filter(isAudit)
    .sort((a, b) => (`${a.pk} ${a.sk}` < `${b.pk} ${b.sk}` ? -1 : 1))
    .map(({ json }) => AuditEntry.parse(JSON.parse(String(json))))

type InMemory = ReturnType<typeof MemoryStore>
export type Around = (inner: InMemory) => InMemory

/** The product on in-memory parts, for tests of rules, use cases and routes. */
export interface World {
  ports: Ports
  store: InMemory
  /** Everything stored but the audit log, to show that a refusal changed nothing. */
  snapshot(): Item[]
  /** What the audit log holds, in the order of chains. */
  audit(): AuditEntry[]
  /** Moves the clock on. */
  pass(ms: number): void
}

/** @param around what stands before the store, such as what counts */
export function world(given: Partial<Ports> = {}, caller: Caller = admin, around: Around = (inner) => inner): World {
  const store = guardedStore(around(memoryStore()))
  let now = Date.UTC(2030, 0, 1)
  let ids = 0
  const ports = compose(readConfig({ GRIDGATE_RATE_LIMIT: '0' }), {
    store,
    log: { info() {}, warn() {}, error() {} },
    ports: {
      clock: { now: () => new Date(now) },
      ids: { next: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}` },
      authenticator: { identify: async () => caller },
      ...given,
    },
  })
  return {
    ports,
    store,
    snapshot: () => store.all().filter((item) => !isAudit(item)),
    audit: () => auditEntries(store.all()),
    pass(ms) {
      now += ms
    },
  }
}
