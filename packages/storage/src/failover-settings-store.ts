import { GridError } from '@gridgate/core/errors'
import type { FailoverSettingsStore } from '@gridgate/core/failover/failover-settings-store'
import { networkDefault, StoredNetwork } from '@gridgate/core/failover/network'
import { FailoverSettings, settingsDefault } from '@gridgate/core/failover/settings'
import { clusterIsOpen } from './cluster-store.ts'
import { orConflict } from './policy-conflict.ts'
import { type Condition, ConditionFailed, type Item, type Store } from './store.ts'
import { keys } from './table.ts'

/** Settings of failover on the table: beside their cluster, with which they go, and beside the network's other switches. */
export function failoverSettingsStore(store: Store): FailoverSettingsStore {
  return {
    async find(id) {
      const item = await store.get(keys.failover(id))
      if (!item) return { value: settingsDefault, version: 0 }
      return { value: FailoverSettings.parse(jsonOf(item)), version: Number(item.version) }
    },
    async replace(id, settings, version) {
      const put = { ...keys.failover(id), version: version + 1, json: JSON.stringify(settings) }
      try {
        await store.write({ put, when: still(version) }, clusterIsOpen(id))
      } catch (error) {
        if (!(error instanceof ConditionFailed)) throw error
        throw error.failed.includes(1) ? new GridError('cluster.not_found', `no cluster ${id}`) : changed(id)
      }
      return { value: settings, version: version + 1 }
    },
    async findNetwork() {
      const item = await store.get(keys.networkFailover())
      if (!item) return { value: networkDefault, version: 0 }
      return { value: StoredNetwork.parse(jsonOf(item)), version: Number(item.version) }
    },
    async replaceNetwork(network, version) {
      const put = { ...keys.networkFailover(), version: version + 1, json: JSON.stringify(network) }
      await orConflict(store.write({ put, when: still(version) }), () => changed('the network'))
      return { value: network, version: version + 1 }
    },
  }
}

const jsonOf = (item: Item): unknown => JSON.parse(String(item.json))

const still = (version: number): Condition => (version === 0 ? 'absent' : { equals: { version } })

const changed = (whose: string): GridError =>
  new GridError('failover.changed', `the failover settings of ${whose} were changed by somebody else meanwhile`)
