import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy, Watch } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SimulatedCluster, startSimulatedCluster } from './cluster.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-kube-'))
let cluster: SimulatedCluster
const config = new KubeConfig()

beforeAll(async () => {
  cluster = await startSimulatedCluster({ folder, port: 0, images: () => null, inMemory: true })
  config.loadFromString(cluster.kubeconfig())
})
afterAll(async () => {
  await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('the official JavaScript client on the simulated cluster', () => {
  it('lists the three nodes with 8, 4 and 4 GPUs', async () => {
    const { items } = await config.makeApiClient(CoreV1Api).listNode()
    expect(items.map((node) => node.status?.allocatable?.['nvidia.com/gpu'])).toEqual(['8', '4', '4'])
  })

  it('applies on the server, is told of a conflict, and may force it', async () => {
    const api = KubernetesObjectApi.makeApiClient(config)
    const map = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned', namespace: 'default' },
      data: { who: value },
    })
    const apply = (value: string, manager: string, force: boolean) =>
      api.patch(map(value), undefined, undefined, manager, force, PatchStrategy.ServerSideApply)
    await apply('one', 'first', false)
    await expect(apply('two', 'second', false)).rejects.toMatchObject({ code: 409 })
    expect(await apply('two', 'second', true)).toMatchObject({ data: { who: 'two' } })
  })

  it('watches from a version on', async () => {
    const core = config.makeApiClient(CoreV1Api)
    const { metadata } = await core.listNamespacedConfigMap({ namespace: 'default' })
    const seen: string[] = []
    const done = new Promise<void>((resolve, reject) => {
      new Watch(config)
        .watch(
          '/api/v1/namespaces/default/configmaps',
          { resourceVersion: metadata?.resourceVersion },
          (type, object: { metadata: { name: string } }) => {
            seen.push(`${type} ${object.metadata.name}`)
            if (type === 'DELETED') resolve()
          },
          (error) => error && reject(error),
        )
        .catch(reject)
    })
    await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'seen' } } })
    await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'seen' })
    await done
    expect(seen).toEqual(['ADDED seen', 'DELETED seen'])
  })
})
