import { Cluster, type ClusterId } from '@gridgate/core/cluster/cluster'
import { networkDefault } from '@gridgate/core/failover/network'
import { settingsDefault } from '@gridgate/core/failover/settings'
import { describe, expect, it } from 'vitest'
import { clusterStore } from './cluster-store.ts'
import { describeOnEveryStore } from './contract.ts'
import { failoverSettingsStore } from './failover-settings-store.ts'
import type { Store } from './store.ts'
import { keys } from './table.ts'

const id = 'west-1' as ClusterId
const off = { ...settingsDefault, mode: 'off' as const }

async function withCluster(store: Store) {
  const clusters = clusterStore(store, { next: () => '00000000-0000-4000-8000-000000000001' })
  const { version } = await clusters.create(Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 } }))
  return { clusters, version, settings: failoverSettingsStore(store) }
}

describeOnEveryStore('the settings of failover', (open) => {
  it('are the defaults until they are set, and change only from the version that was read', async () => {
    const { settings } = await withCluster(await open())
    expect(await settings.find(id)).toEqual({ value: settingsDefault, version: 0 })
    expect(await settings.replace(id, off, 0)).toEqual({ value: off, version: 1 })
    await expect(settings.replace(id, settingsDefault, 0)).rejects.toMatchObject({ code: 'failover.changed' })
    expect(await settings.find(id)).toEqual({ value: off, version: 1 })
  })

  it('go with their cluster, and are not set where there is none', async () => {
    const store = await open()
    const { clusters, version, settings } = await withCluster(store)
    await settings.replace(id, off, 0)
    await clusters.remove(id, version)
    expect(await store.get(keys.failover(id))).toBeNull()
    await expect(settings.replace(id, off, 0)).rejects.toMatchObject({ code: 'cluster.not_found' })
    expect(await store.get(keys.failover(id))).toBeNull()
  })

  describe('in the network', () => {
    it('change only from the version that was read', async () => {
      const settings = failoverSettingsStore(await open())
      const next = { ...networkDefault, resumed_at: '2030-01-01T00:00:00Z' }
      expect(await settings.findNetwork()).toEqual({ value: networkDefault, version: 0 })
      await settings.replaceNetwork(next, 0)
      await expect(settings.replaceNetwork(networkDefault, 0)).rejects.toMatchObject({ code: 'failover.changed' })
      expect(await settings.findNetwork()).toEqual({ value: next, version: 1 })
    })
  })
})
