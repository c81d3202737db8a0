import { executorName } from '@gridgate/core/executor/executor'
import { applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import { executorObjects } from '@gridgate/kube/components/executor'
import { objectPath } from '@gridgate/kube/kinds'
import { describeReference, type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { executorPreflight } from '@gridgate/kube/preflight'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import { adapterOf, configOf, labelled, plainClient, removeAll, untilReady } from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const owner = executorName('executor-001')
const nodePort = 30_900
let client: KubeClient
let plain: Client
let objects: KubernetesObject[]

beforeAll(async () => {
  client = adapterOf(realCluster().kubeconfig)
  plain = plainClient()
  const { mapping } = await executorPreflight(client, { owner, identity: null, nodePort })
  const config = configOf({ kind: 'ephemeral', gibibytesMax: 1 })
  objects = executorObjects({ id: 'executor-001', processesMax: 2, mapping }, config)
})
afterAll(() => {
  client.close()
  plain.close()
})

describeWithControllers('an executor on a real cluster', () => {
  it('is valid to the API server and its pod security, becomes ready, converges, and goes without a trace', async () => {
    const applied = await applyAll(client, owner, objects)
    expect(applied.filter(({ outcome }) => outcome !== 'created')).toEqual([])
    const said: string[] = []
    for (const object of objects) {
      const query = 'dryRun=All&fieldManager=dry-run&fieldValidation=Strict&force=true'
      const { status, headers } = await plain.call('PATCH', `${objectPath(referenceOf(object))}?${query}`, {
        body: object,
        type: 'application/apply-patch+yaml',
      })
      if (status > 299 || headers.warning) said.push(`${describeReference(referenceOf(object))}: ${headers.warning}`)
    }
    expect(said).toEqual([])
    await untilReady(client, objects)
    const again = await applyAll(client, owner, objects)
    expect(again.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([])

    const foreign = executorPreflight(client, { owner: executorName('executor-002'), identity: null, nodePort })
    await expect(foreign).rejects.toMatchObject({ code: 'infra.port_conflict' })
    expect(await removeAll(client, owner)).toEqual([])
    expect(await labelled(plain, client, owner)).toEqual([])
  })
})
