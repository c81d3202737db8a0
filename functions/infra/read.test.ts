import type { Caller } from '@gridgate/core/caller'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import type { SystemChange } from '@gridgate/core/cluster/cluster-store'
import { urlMap } from '@gridgate/core/cluster/url-map'
import { GridError } from '@gridgate/core/errors'
import type { InfraReport } from '@gridgate/core/infra/read-infra'
import type { Json } from '@gridgate/core/json'
import { applyAll } from '@gridgate/kube/apply'
import { defaultImages } from '@gridgate/kube/components/infra-config'
import { objectsFor } from '@gridgate/kube/components/objects-for'
import { MemoryCluster } from '@gridgate/kube/memory-cluster'
import type { KubernetesObject } from '@gridgate/kube/object'
import { readInfraObjects } from '@gridgate/kube/read-infra'
import { infraPlan } from '@gridgate/runtime/infra-plan'
import { readInfraSetup } from '@gridgate/runtime/kubernetes-config'
import { describe, expect, it } from 'vitest'
import { appOf } from '../../test/call-endpoint.ts'
import { admin, type World, world } from '../../test/world.ts'
import { showInfra } from './read.ts'

const id = ClusterId.parse('west-1')
const settings = {
  publicHostname: 'west.example',
  useGateway: false,
  publicScheme: 'http',
  collectIntervalSeconds: 30,
} as const
const exposure = { kind: 'node-port' } as const
const setup = readInfraSetup(JSON.stringify({ gatewayUrl: 'https://gateway.example' }), false)
const desired = objectsFor({ id, ...settings, exposure }, { ...setup, gatewayKeys: [] }).flatMap(
  ({ objects }) => objects,
)
const enrolled = {
  infra: { state: 'present', taskId: 't', changedAt: '2030-01-01T00:00:00.000Z' },
  controllerKey: { kty: 'OKP' },
  urlMap: { ...urlMap(settings) },
  built: { settings, exposure, configuration: { digest: 'd', image: defaultImages.controller }, at: '2030-01-01' },
} satisfies SystemChange

interface Infra extends World {
  cluster: MemoryCluster
  read(): Promise<{ status: number; data: InfraReport }>
}

/** A cluster whose objects were applied, and whose controller looks at them. */
async function prepared(
  system: SystemChange = enrolled,
  answer?: () => Promise<Json>,
  caller?: Caller,
): Promise<Infra> {
  const cluster = new MemoryCluster()
  await applyAll(cluster, id, desired)
  const plan = infraPlan({ setup, gatewayKeys: async () => [] })
  const look = async (references: never): Promise<Json> =>
    JSON.parse(JSON.stringify({ objects: await readInfraObjects(cluster, id, references) })) as Json
  const controllers = {
    call: async (_: unknown, call: { body?: unknown }) =>
      answer ? answer() : look((call.body as { references: never }).references),
  }
  const w = world({ infraPlan: plan, controllers }, caller ?? admin)
  const { version } = await w.ports.clusters.create(
    Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 }, config: { publicHostname: 'west.example' } }),
  )
  await w.ports.clusters.writeSystem(id, version, system)
  return {
    ...w,
    cluster,
    async read() {
      const reply = await appOf(showInfra, w.ports).request(`/clusters/${id}/infra`)
      return { status: reply.status, data: ((await reply.json()) as { data: InfraReport }).data }
    },
  }
}

const collector = (object: KubernetesObject): boolean => object.metadata.name === 'metrics-collector'

describe('GET /clusters/{cluster_id}/infra', () => {
  it('says that everything is as it should be, and what it was built of', async () => {
    const { data } = await (await prepared()).read()
    expect(data).toMatchObject({
      cluster_id: id,
      state: 'present',
      condition: { status: 'InSync' },
      desired: { settings, exposure, current_configuration: { image: defaultImages.controller } },
      drift: { compared: desired.length, missing: [], extra: [], differences: [] },
    })
  })

  it('says what was changed, and that creation mends it', async () => {
    const w = await prepared()
    const found = w.cluster.objects().find((one) => one.kind === 'DaemonSet' && collector(one)) as KubernetesObject
    w.cluster.put({ ...found, spec: { ...(found.spec as object), updateStrategy: { type: 'OnDelete' } } })
    const { data } = await w.read()
    expect(data.condition).toMatchObject({ status: 'Drifted', message: expect.stringContaining('again') })
    expect(data.drift?.differences.map(({ object, pointer }) => `${object} ${pointer}`)).toEqual([
      'DaemonSet metrics/metrics-collector /spec/updateStrategy/type',
      'DaemonSet metrics/metrics-collector /spec/updateStrategy/rollingUpdate',
    ])
    await applyAll(w.cluster, id, desired)
    expect((await w.read()).data.condition.status).toBe('InSync')
  })

  it.each([
    ['nothing was built', 'NotBuilt', {}, undefined],
    ['a task is at work', 'InProgress', { ...enrolled, infra: { ...enrolled.infra, state: 'creating' } }, undefined],
    ['no controller is enrolled', 'NoController', { ...enrolled, controllerKey: null }, undefined],
    ['the controller is of an older version', 'ControllerTooOld', enrolled, 'route.not_found'],
    ['the controller cannot be reached', 'ControllerFailed', enrolled, 'controller.unreachable'],
  ] as const)('is not known, and no error, where %s', async (_when, reason, system, code) => {
    const fail = code ? () => Promise.reject(new GridError(code, 'no answer')) : undefined
    const { status, data } = await (await prepared(system as SystemChange, fail)).read()
    expect([status, data.condition.status, data.condition.reason]).toEqual([200, 'Unknown', reason])
    expect(data.drift).toBeNull()
  })

  it('believes nothing that is no object', async () => {
    const nonsense = async () => ({ objects: [{ apiVersion: 'v1', kind: 'Nonsense', metadata: { name: 'x' } }] })
    const { data } = await (await prepared(enrolled, nonsense)).read()
    expect(data.condition).toMatchObject({ status: 'Unknown', reason: 'ControllerFailed' })
  })

  it.each([
    ['is not there', 'east-1', admin],
    ['is out of scope', id, { ...admin, role: 'viewer', clusters: ['east-1'] } as Caller],
  ])('answers 404 for a cluster that %s', async (_when, asked, caller) => {
    const w = await prepared(enrolled, undefined, caller)
    const reply = await appOf(showInfra, w.ports).request(`/clusters/${asked}/infra`)
    expect([reply.status, await reply.json()]).toMatchObject([404, { code: 'cluster.not_found' }])
  })
})
