import { describe, expect, it } from 'vitest'
import { applyAll } from './apply.ts'
import { defaultImages, type Exposure } from './components/infra-config.ts'
import { objectsFor } from './components/objects-for.ts'
import { requireNoTenants } from './foreign-objects.ts'
import { kinds } from './kinds.ts'
import { MemoryCluster } from './memory-cluster.ts'
import { remaining, removeOwned } from './remove-owned.ts'

const config = {
  images: defaultImages,
  storage: { kind: 'persistent', gibibytes: 1 },
  retentionDays: 1,
  gatewayKeys: [],
  gatewayUrl: 'https://gateway.example.net',
  services: {},
  gpuNodeLabel: { gpu: 'yes' },
} as const

async function withInfra(exposure: Exposure = { kind: 'node-port' }): Promise<MemoryCluster> {
  const cluster = new MemoryCluster()
  for (const name of ['kube-system', 'default'])
    cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  const details = {
    id: 'west-1',
    publicHostname: 'a.example.net',
    publicScheme: 'http' as const,
    collectIntervalSeconds: 30,
    exposure,
  }
  for (const { objects } of objectsFor(details, config)) await applyAll(cluster, 'west-1', objects)
  return cluster
}

/** Removes until nothing is asked for any more; returns the kinds of each pass. */
async function removeAll(cluster: MemoryCluster): Promise<string[][]> {
  const passes: string[][] = []
  for (let pass = 0; pass < 10; pass++) {
    const { removed, remaining: left } = await removeOwned(cluster, 'west-1')
    if (removed.length > 0) passes.push([...new Set(removed.map(({ kind }) => kind))])
    if (left.length === 0) return passes
    cluster.settle()
  }
  throw new Error('did not end')
}

const names = (cluster: MemoryCluster): string[] =>
  cluster.objects().map((object) => `${object.kind} ${object.metadata.name}`)
const secret = (namespace: string, name: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
})

describe('removeOwned', () => {
  it.each<Exposure>([
    { kind: 'node-port' },
    { kind: 'mapping', apiVersion: 'getambassador.io/v3alpha1' },
    { kind: 'http-route', gateway: { namespace: 'i', name: 'g' } },
  ])('leaves nothing of what creation made, exposed by $kind', async (exposure) => {
    const cluster = await withInfra(exposure)
    await removeAll(cluster)
    expect(names(cluster)).toEqual(['Namespace kube-system', 'Namespace default'])
  })

  it('goes backwards, and begins a stage only when the one before is gone', async () => {
    const cluster = await withInfra()
    await removeOwned(cluster, 'west-1')
    const again = await removeOwned(cluster, 'west-1')
    expect(again.removed).toEqual([])
    expect(again.remaining.length).toBeGreaterThan(10)
    cluster.settle()
    expect(await removeAll(cluster)).toEqual([
      ['DaemonSet', 'Deployment'],
      ['PersistentVolumeClaim', 'NetworkPolicy', 'ConfigMap', 'Secret'],
      ['RoleBinding', 'Role', 'ClusterRoleBinding', 'ClusterRole', 'ServiceAccount'],
      ['Namespace'],
    ])
  })

  it('does not touch what is not ours', async () => {
    const cluster = await withInfra()
    cluster.put(secret('default', 'theirs'))
    await applyAll(cluster, 'east-1', [secret('default', 'other-cluster')])
    cluster.put({
      ...secret('default', 'block'),
      metadata: {
        name: 'block',
        namespace: 'default',
        labels: { 'app.kubernetes.io/managed-by': 'gridgate', 'gridgate.io/cluster': 'west-1' },
      },
    })
    await removeAll(cluster)
    expect(names(cluster)).toEqual([
      'Namespace kube-system',
      'Namespace default',
      'Secret theirs',
      'Secret other-cluster',
      'Secret block',
    ])
  })

  it('keeps a namespace that holds something foreign, and says what', async () => {
    const cluster = await withInfra()
    cluster.put(secret('blocks', 'theirs'))
    cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'vdags' } })
    await removeAll(cluster)
    const { kept, remaining: left } = await removeOwned(cluster, 'west-1')
    expect(kept).toEqual([{ namespace: 'blocks', foreign: ['Secret blocks/theirs'] }])
    expect(left).toEqual([])
    expect(names(cluster)).toContain('Namespace blocks')
    expect(names(cluster)).not.toContain('Namespace vdags')
  })

  it('keeps a namespace whose content it may not see', async () => {
    const cluster = new MemoryCluster()
    await applyAll(cluster, 'west-1', [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'blocks' } }])
    cluster.refused.add('list pods')
    const { kept } = await removeOwned(cluster, 'west-1')
    expect(kept).toEqual([{ namespace: 'blocks', foreign: ['Pod: not allowed to list'] }])
  })

  it('leaves an object that was made anew under the same name', async () => {
    class Raced extends MemoryCluster {
      override async list(...args: Parameters<MemoryCluster['list']>) {
        const found = await super.list(...args)
        return found.map((object) => ({ ...object, metadata: { ...object.metadata, uid: 'earlier' } }))
      }
    }
    const cluster = new Raced()
    await applyAll(cluster, 'west-1', [secret('default', 'x')])
    const before = names(cluster)
    expect((await removeOwned(cluster, 'west-1')).removed).toEqual([])
    cluster.settle()
    expect(names(cluster)).toEqual(before)
  })

  it('lists what is left', async () => {
    const cluster = new MemoryCluster()
    await applyAll(cluster, 'west-1', [secret('default', 'x')])
    expect(await remaining(cluster, 'west-1')).toEqual([
      { apiVersion: 'v1', kind: 'Secret', name: 'x', namespace: 'default' },
    ])
    expect(await remaining(cluster, 'east-1')).toEqual([])
  })
})

describe('requireNoTenants', () => {
  it('refuses while a block or vDAG controller runs, and names it', async () => {
    const cluster = await withInfra()
    await requireNoTenants(cluster)
    cluster.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'b1-executor', namespace: 'blocks' } })
    cluster.put({ ...kinds.jobSet, metadata: { name: 'train', namespace: 'vdags' } })
    await expect(requireNoTenants(cluster)).rejects.toMatchObject({
      code: 'infra.not_empty',
      details: { workloads: ['Deployment blocks/b1-executor', 'JobSet vdags/train'] },
    })
  })
})
