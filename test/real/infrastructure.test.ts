import { applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import type { Exposure } from '@gridgate/kube/components/infra-config'
import { requireNoTenants } from '@gridgate/kube/foreign-objects'
import { objectPath } from '@gridgate/kube/kinds'
import { describeReference, referenceOf } from '@gridgate/kube/object'
import { preflight } from '@gridgate/kube/preflight'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import {
  adapterOf,
  auditedOf,
  labelled,
  makeGateway,
  objectsOfInfra,
  plainClient,
  removeAll,
  untilReady,
} from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const id = 'west-1'
const gateway = { namespace: 'default', name: 'public' }
const exposures: Exposure[] = [
  { kind: 'node-port' },
  { kind: 'mapping', apiVersion: 'getambassador.io/v3alpha1' },
  { kind: 'mapping', apiVersion: 'getambassador.io/v2' },
  { kind: 'http-route', gateway },
]

/** Both languages of the ingress; the older Mapping differs in one field only. */
const alive = exposures.filter((exposure) => !('apiVersion' in exposure && exposure.apiVersion.endsWith('/v2')))

let client: KubeClient
let plain: Client
let removeGateway: () => Promise<void>

beforeAll(async () => {
  client = adapterOf(realCluster().kubeconfig)
  plain = plainClient()
  removeGateway = await makeGateway(plain, gateway.name)
})
afterAll(async () => {
  await removeGateway()
  client.close()
  plain.close()
})

describe('every object of the infrastructure', () => {
  beforeAll(async () => {
    const namespaces = objectsOfInfra(id, { kind: 'node-port' }).filter(({ kind }) => kind === 'Namespace')
    await applyAll(client, id, namespaces)
  })
  afterAll(async () => {
    if (realCluster().hasControllers) await removeAll(client, id)
  })

  it.each(exposures)('is valid to the API server, without a warning: $kind $apiVersion', async (exposure) => {
    const answers = []
    for (const storage of [
      { kind: 'persistent', gibibytes: 1 },
      { kind: 'ephemeral', gibibytesMax: 1 },
    ] as const) {
      for (const object of objectsOfInfra(id, exposure, storage)) {
        const query = 'dryRun=All&fieldManager=dry-run&fieldValidation=Strict&force=true'
        const { status, body, headers } = await plain.call('PATCH', `${objectPath(referenceOf(object))}?${query}`, {
          body: object,
          type: 'application/apply-patch+yaml',
        })
        const said = status < 300 ? (headers.warning ?? '') : body.message
        if (status > 299 || said !== '') answers.push(`${describeReference(referenceOf(object))}: ${status} ${said}`)
      }
    }
    expect(answers).toEqual([])
  })
})

describe('a real cluster', () => {
  it('is looked at beforehand without a write', async () => {
    const before = auditedOf('gridgate').length
    const found = await preflight(client, { clusterId: id, identity: null, useGateway: false })
    expect(found).toMatchObject({ exposure: { kind: 'node-port' }, version: expect.stringMatching(/^1\.\d+$/) })
    const verbs = auditedOf('gridgate')
      .slice(before)
      .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource ?? ''}`.trim())
    const asked = ['get', 'get namespaces', 'create selfsubjectrulesreviews', 'list services']
    expect([...new Set(verbs)].sort()).toEqual(asked.sort())
  })

  it('finds the ingress: Mappings before a Gateway, the configured Gateway before both', async () => {
    const options = { clusterId: id, identity: null, useGateway: true }
    expect((await preflight(client, options)).exposure).toEqual(exposures[1])
    expect((await preflight(client, { ...options, gateway })).exposure).toEqual(exposures[3])
    await expect(preflight(client, { ...options, gateway: { ...gateway, name: 'other' } })).rejects.toMatchObject({
      code: 'infra.gateway_missing',
    })
  })

  it('refuses a cluster that is another one than before', async () => {
    await expect(preflight(client, { clusterId: id, identity: 'another', useGateway: false })).rejects.toMatchObject({
      code: 'cluster.identity_mismatch',
    })
  })
})

describeWithControllers('the infrastructure on a real cluster', () => {
  it.each(alive)('becomes ready, converges, and goes without a trace: $kind $apiVersion', async (exposure) => {
    const objects = objectsOfInfra(id, exposure)
    const applied = await applyAll(client, id, objects)
    expect(applied.filter(({ outcome }) => outcome !== 'created')).toEqual([])
    await untilReady(client, objects)

    const again = await applyAll(client, id, objects)
    expect(again.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([])
    await requireNoTenants(client)

    expect(await removeAll(client, id)).toEqual([])
    expect(await labelled(plain, client, id)).toEqual([])
  })
})
