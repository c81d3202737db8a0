import { applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import type { Exposure } from '@gridgate/kube/components/infra-config'
import { describeReference, type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { installedDefinitions } from '@gridgate/local/kube/definitions'
import { startTestCluster, type TestCluster } from '@gridgate/local/kube/test-cluster'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { adapterOf, objectsOfInfra, plainClient, removeAll } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const id = 'west-4'
/** What each cluster chooses for itself. */
const chosen = new Set(['clusterIP', 'clusterIPs', 'volumeName', 'storageClassName', 'time'])
/** Groups whose definitions are looser in the simulation. */
const installed = new Set(installedDefinitions().map(({ spec }) => (spec as { group: string }).group))

interface Served {
  name: string
  kind: string
  namespaced: boolean
  singularName: string
  shortNames?: string[]
  verbs: string[]
}

describeWithControllers('the simulated cluster', () => {
  let simulated: TestCluster
  let plain: Client
  let clients: { real: KubeClient; simulated: KubeClient }

  beforeAll(async () => {
    simulated = await startTestCluster()
    plain = plainClient()
    clients = { real: adapterOf(realCluster().kubeconfig), simulated: adapterOf(simulated.cluster.kubeconfig()) }
  })
  afterAll(async () => {
    await removeAll(clients.real, id)
    clients.real.close()
    clients.simulated.close()
    plain.close()
    await simulated.stop()
  })

  /** All but status and what the server counts; of the owners of fields, ours. */
  const comparable = (object: KubernetesObject): unknown => {
    const { status: _, metadata, ...content } = object
    const { labels, annotations, generation, managedFields } = metadata as KubernetesObject['metadata'] & {
      managedFields: { manager: string }[]
    }
    const ours = managedFields.filter(({ manager }) => manager === 'gridgate')
    const isWorkload = ['Deployment', 'DaemonSet', 'PersistentVolumeClaim'].includes(object.kind)
    const own = { labels, generation, ours, ...(isWorkload ? {} : { annotations }) }
    return JSON.parse(
      JSON.stringify({ ...content, own }, (name, value) => (chosen.has(name) ? 'chosen by the cluster' : value)),
    )
  }

  it.each<Exposure>([
    { kind: 'node-port' },
    { kind: 'mapping', apiVersion: 'getambassador.io/v3alpha1' },
  ])('stores every object of the infrastructure as the real one does: $kind', async (exposure) => {
    const objects = objectsOfInfra(id, exposure)
    const storedBy = async (client: KubeClient): Promise<Record<string, unknown>> => {
      await applyAll(client, id, objects)
      const stored = await Promise.all(objects.map((object) => client.get(referenceOf(object))))
      return Object.fromEntries(
        stored.map((object, index) => [
          describeReference(referenceOf(objects[index] as KubernetesObject)),
          object && comparable(object),
        ]),
      )
    }
    expect(await storedBy(clients.simulated)).toEqual(await storedBy(clients.real))
  })

  it('serves the same kinds in the same way, as far as it serves them', async () => {
    const listOf = async (client: Client, version: string): Promise<Map<string, object>> => {
      const { body } = await client.get(version === 'v1' ? '/api/v1' : `/apis/${version}`)
      return new Map(
        (body.resources as Served[]).map(({ name, kind, namespaced, singularName, shortNames = [], verbs }) => [
          `${version} ${name}`,
          { kind, namespaced, singularName, shortNames, verbs: verbs.toSorted() },
        ]),
      )
    }
    const { groups } = (await simulated.client.get('/apis')).body as {
      groups: { name: string; versions: { groupVersion: string }[] }[]
    }
    const builtIn = groups.filter(({ name }) => !installed.has(name))
    const differences: unknown[] = []
    for (const version of ['v1', ...builtIn.flatMap(({ versions }) => versions.map((each) => each.groupVersion))]) {
      const real = await listOf(plain, version)
      for (const [name, served] of await listOf(simulated.client, version))
        if (JSON.stringify(served) !== JSON.stringify(real.get(name)))
          differences.push({ name, simulated: served, real: real.get(name) })
    }
    expect(differences).toEqual([])
  })
})
