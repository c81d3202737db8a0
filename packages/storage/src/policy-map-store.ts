import { GridError } from '@gridgate/core/errors'
import { PolicyMap } from '@gridgate/core/policy/policy-map'
import type { PolicyMapStore } from '@gridgate/core/policy/policy-map-store'
import { orConflict } from './policy-conflict.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** The network's policy map; each version is also written under its number, and stays. */
export function policyMapStore(store: Store): PolicyMapStore {
  return {
    async read() {
      const item = await store.get(keys.policyMap())
      if (!item) return { map: {}, version: 0 }
      return { map: PolicyMap.parse(JSON.parse(String(item.json))), version: Number(item.version) }
    },
    async replace(map, version) {
      const next = { version: version + 1, json: JSON.stringify(map) }
      const written = store.write(
        { put: { ...keys.policyMap(), ...next }, when: version === 0 ? 'absent' : { equals: { version } } },
        { put: { ...keys.oldPolicyMap(version + 1), ...next } },
      )
      const changed = (): GridError =>
        new GridError('policy.changed', 'the policy map was changed by somebody else meanwhile')
      await orConflict(written, changed)
      return { map, version: version + 1 }
    },
  }
}
