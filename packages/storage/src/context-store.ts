import type { ContextStore } from '@gridgate/core/policy/context-store'
import { isWritten } from './is-written.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** Policy contexts by the name of their scope, each with a version that grows by one. */
export function contextStore(store: Store): ContextStore {
  return {
    async read(scope) {
      const item = await store.get(keys.policyContext(scope))
      return item ? { json: String(item.json), version: Number(item.version) } : { json: '{}', version: 0 }
    },
    replace(scope, json, version) {
      const put = { ...keys.policyContext(scope), json, version: version + 1 }
      return isWritten(store.write({ put, when: version === 0 ? 'absent' : { equals: { version } } }))
    },
  }
}
