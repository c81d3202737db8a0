import type { AuditLog } from '@gridgate/core/auth/audit-log'
import type { Ids } from '@gridgate/core/ports'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** Audit entries by subject, in the order of time; nothing here changes or removes one. */
export const auditLog = (store: Store, ids: Ids): AuditLog => ({
  append: (entry) =>
    store.write({
      put: { ...keys.audit(entry.subject, entry.at, ids.next()), json: JSON.stringify(entry) },
      when: 'absent',
    }),
})
