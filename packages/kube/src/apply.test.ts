import { describe, expect, it } from 'vitest'
import { applyAll } from './apply.ts'
import { MemoryCluster } from './memory-cluster.ts'
import type { KubernetesObject } from './object.ts'
import { clusterLabel, isOwned } from './ownership.ts'

const namespace: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'metrics' } }
const config: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', namespace: 'metrics', labels: { mine: 'yes' } },
  data: { a: '1' },
}
/** Where nothing may be read. */
class UnreadCluster extends MemoryCluster {
  override async list(): Promise<never> {
    throw new Error('a list was read')
  }
  override async get(): Promise<never> {
    throw new Error('an object was read')
  }
}

const outcomes = (applied: readonly { outcome: string }[]): string[] => applied.map(({ outcome }) => outcome)

describe('applyAll', () => {
  it('creates under the owner labels, and the second time changes nothing', async () => {
    const cluster = new MemoryCluster()
    expect(outcomes(await applyAll(cluster, 'west-1', [namespace, config]))).toEqual(['created', 'created'])
    const before = cluster.objects()
    expect(before.every((object) => isOwned(object, 'west-1'))).toBe(true)
    expect(before[1]?.metadata.labels).toMatchObject({ mine: 'yes' })

    expect(outcomes(await applyAll(cluster, 'west-1', [namespace, config]))).toEqual(['unchanged', 'unchanged'])
    expect(cluster.objects()).toEqual(before)
  })

  it('converges on what is wanted now', async () => {
    const cluster = new MemoryCluster()
    await applyAll(cluster, 'west-1', [config])
    expect(outcomes(await applyAll(cluster, 'west-1', [{ ...config, data: { a: '2' } }]))).toEqual(['changed'])
    expect(cluster.objects()[0]).toMatchObject({ data: { a: '2' } })
  })

  it('uses a namespace that someone else made, and never marks it as ours', async () => {
    const cluster = new MemoryCluster()
    cluster.put(namespace)
    const before = cluster.objects()
    expect(outcomes(await applyAll(cluster, 'west-1', [namespace], { adopt: true }))).toEqual(['left'])
    expect(cluster.objects()).toEqual(before)
  })

  it.each([
    ['was made by someone else', config],
    [
      'belongs to another cluster',
      { ...config, metadata: { ...config.metadata, labels: { [clusterLabel]: 'east-1' } } },
    ],
  ])('refuses an object that %s', async (_when, existing) => {
    const cluster = new MemoryCluster()
    cluster.put(existing)
    const before = cluster.objects()
    await expect(applyAll(cluster, 'west-1', [config])).rejects.toMatchObject({ code: 'kube.conflict' })
    expect(cluster.objects()).toEqual(before)
  })

  it.each([
    ['a list', 0],
    ['more than a page of others', 200],
  ])('refuses a role of someone else among several that are read from %s', async (_from, others) => {
    const cluster = new MemoryCluster()
    const role = (name: string): KubernetesObject => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
    })
    for (let index = 0; index < others; index++) cluster.put(role(`other-${index}`))
    cluster.put(role('second'))
    const before = cluster.objects()
    const applied = applyAll(cluster, 'west-1', [role('first'), role('second')])
    await expect(applied).rejects.toThrow('ClusterRole second exists already')
    expect(cluster.objects().filter(({ metadata }) => metadata.name !== 'first')).toEqual(before)
  })

  it('looks at nothing where nothing is expected and nothing is there', async () => {
    const cluster = new UnreadCluster()
    const options = { isFirst: true, freshNamespaces: ['metrics'] }
    expect(outcomes(await applyAll(cluster, 'west-1', [namespace, config], options))).toEqual(['created', 'created'])
    expect(cluster.objects().every((object) => isOwned(object, 'west-1'))).toBe(true)
  })

  it.each([
    ['was made by someone else', {}],
    ['belongs to another cluster', { [clusterLabel]: 'east-1' }],
  ])('refuses an object that %s, although nothing is expected', async (_when, labels) => {
    for (const options of [{ isFirst: true }, { freshNamespaces: ['metrics'] }]) {
      const cluster = new MemoryCluster()
      cluster.put({ ...config, metadata: { ...config.metadata, labels } })
      const before = cluster.objects()
      await expect(applyAll(cluster, 'west-1', [config], options)).rejects.toMatchObject({ code: 'kube.conflict' })
      expect(cluster.objects()).toEqual(before)
    }
  })

  it('converges on what is wanted, although nothing was expected', async () => {
    const cluster = new MemoryCluster()
    cluster.put(namespace)
    await applyAll(cluster, 'west-1', [config])
    const wanted = { ...config, data: { a: '2' } }
    const found = await applyAll(cluster, 'west-1', [namespace, wanted], { isFirst: true })
    expect(outcomes(found)).toEqual(['left', 'changed'])
    const again = await applyAll(cluster, 'west-1', [wanted], { freshNamespaces: ['metrics'] })
    expect(outcomes(again)).toEqual(['unchanged'])
  })

  it('refuses an object of ours that is still being removed', async () => {
    const cluster = new MemoryCluster()
    await applyAll(cluster, 'west-1', [config])
    const [object] = cluster.objects()
    await cluster.remove({ ...config, name: 'x', namespace: 'metrics' }, { uid: object?.metadata.uid ?? '' })
    await expect(applyAll(cluster, 'west-1', [config])).rejects.toThrow('still being removed')
  })

  it('takes over what an older installation left, but nothing of another cluster of ours', async () => {
    const cluster = new MemoryCluster()
    cluster.put(config)
    await applyAll(cluster, 'west-1', [config], { adopt: true })
    expect(cluster.objects().every((object) => isOwned(object, 'west-1'))).toBe(true)
    await expect(applyAll(cluster, 'east-1', [config], { adopt: true })).rejects.toMatchObject({
      details: { owner: 'west-1' },
    })
  })
})
