import type { ContextStore } from '@gridgate/core/policy/context-store'
import { ConditionFailed, type Store } from './store.ts'
import { keys } from './table.ts'

/** Policy contexts by the name of their scope, each with a version that grows by one. */
export function contextStore(store: Store): ContextStore {
  return {
    async read(scope) {
      const item = await store.get(keys.policyContext(scope))
      return item ? { json: String(item.json), version: Number(item.version) } : { json: '{}', version: 0 }
    },
    async replace(scope, json, version) {
      const put = { ...keys.policyContext(scope), json, version: version + 1 }
      try {
        await store.write({ put, when: version === 0 ? 'absent' : { equals: { version } } })
        return true
      } catch (error) {
        if (error instanceof ConditionFailed) return false
        throw error
      }
    },
  }
}
