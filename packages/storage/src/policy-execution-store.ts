import { GridError } from '@gridgate/core/errors'
import { ExecutionSwitch, localSwitch } from '@gridgate/core/executor/execution-switch'
import type { PolicyExecutionStore } from '@gridgate/core/executor/policy-execution-store'
import { orConflict } from './policy-conflict.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** The network's switch on the table. */
export function policyExecutionStore(store: Store): PolicyExecutionStore {
  return {
    async read() {
      const item = await store.get(keys.policyExecution())
      if (!item) return { setting: localSwitch, version: 0 }
      return { setting: ExecutionSwitch.parse(JSON.parse(String(item.json))), version: Number(item.version) }
    },
    async replace(setting, version) {
      const put = { ...keys.policyExecution(), version: version + 1, json: JSON.stringify(setting) }
      const written = store.write({ put, when: version === 0 ? 'absent' : { equals: { version } } })
      const changed = (): GridError =>
        new GridError('policy.changed', 'the switch was changed by somebody else meanwhile')
      await orConflict(written, changed)
      return { setting, version: version + 1 }
    },
  }
}
