import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../kube/contract/client.ts'
import type { TestController } from '../test/test-controller.ts'
import { installKinds, removeKinds } from './remedy-kinds.ts'

/** A controller on a cluster, with somebody who may do everything there. */
export interface RemedyGround extends Pick<TestController, 'call'> {
  plain: Client
  /** Takes it away, with the objects at these paths. */
  end(paths: readonly string[]): Promise<void>
}

const nodes = '/api/v1/nodes'
const claims = '/apis/karpenter.sh/v1/nodeclaims'
const machines = '/apis/cluster.x-k8s.io/v1beta2/namespaces/default/machines'
const checks = '/apis/cluster.x-k8s.io/v1beta2/namespaces/default/machinehealthchecks'
const mark = 'cluster.x-k8s.io/remediate-machine'
const names = ['claimed', 'managed', 'plain']
const providerIdOf = (name: string): string => `test://${name}`
const annotations = { 'cluster.x-k8s.io/machine': 'machine-1', 'cluster.x-k8s.io/cluster-namespace': 'default' }

let ground: RemedyGround
const ask = (given: object) =>
  ground.call('POST', '/failover/instance', { action: 'task-a', fence: 7, do: 'describe', ...given })
const data = async (given: object) => (await ask(given)).body.data
const onNode = (name: string) => ({ node_name: name, provider_id: providerIdOf(name) })
const karpenter = { kind: 'karpenter', allow: ['gpu'], ...onNode('claimed') }
const clusterApi = { kind: 'cluster_api', allow: ['default'], ...onNode('managed') }
const now = async (path: string) => (await ground.plain.get(path)).body

/** Puts an object there with its status, as its own system does, and returns its UID. */
async function put(path: string, { status, ...object }: { metadata: { name: string }; spec?: object; status: object }) {
  const { plain } = ground
  const kind = { [claims]: 'NodeClaim', [machines]: 'Machine', [checks]: 'MachineHealthCheck' }[path]
  const apiVersion = path === claims ? 'karpenter.sh/v1' : 'cluster.x-k8s.io/v1beta2'
  const made = await plain.post(path, { apiVersion, kind, ...object })
  expect(made.status).toBe(201)
  await plain.patch(`${path}/${object.metadata.name}/status`, { status })
  return made.body.metadata.uid as string
}

const putClaim = () =>
  put(claims, {
    metadata: {
      name: 'claim-1',
      // What Karpenter keeps on it until the instance has ended.
      finalizers: ['karpenter.sh/termination'],
      labels: { 'karpenter.sh/nodepool': 'gpu' },
    } as { name: string },
    status: {
      providerID: providerIdOf('claimed'),
      nodeName: 'claimed',
      conditions: [{ type: 'Initialized', status: 'True' }],
    },
  })
const owner = {
  apiVersion: 'cluster.x-k8s.io/v1beta2',
  kind: 'MachineSet',
  name: 'set-1',
  uid: 'set-1',
  controller: true,
}
const putMachine = () =>
  put(machines, {
    metadata: { name: 'machine-1', ownerReferences: [owner] } as { name: string },
    spec: { clusterName: 'self', providerID: providerIdOf('managed') },
    status: { phase: 'Running', nodeRef: { name: 'managed' } },
  })

/** What a controller does to machines of nodes, under its own rights, on a cluster that keeps them as objects. */
export function describeRemedies(
  describeOn: (name: string, tests: () => void) => void,
  start: () => Promise<RemedyGround>,
): void {
  describeOn('POST /failover/instance', () => {
    beforeAll(async () => {
      ground = await start()
      await installKinds(ground.plain)
      for (const name of names) {
        const metadata = { name, annotations: name === 'managed' ? annotations : {} }
        await ground.plain.post(nodes, { metadata, spec: { providerID: providerIdOf(name) } })
      }
    })
    afterAll(async () => {
      await ground.plain.patch(`${claims}/claim-1`, { metadata: { finalizers: null } })
      await removeKinds(ground.plain)
      await ground.end(names.map((name) => `${nodes}/${name}`))
    })

    it('has a NodeClaim deleted once, and sees its end', async () => {
      const uid = await putClaim()
      const view = { instance_id: uid, state: 'running', group: { kind: 'node_pool', name: 'gpu' } }
      expect(await data(karpenter)).toMatchObject({ ...view, started_at: expect.any(String) })

      const order = { ...karpenter, do: 'replace', instance_id: uid }
      expect(await data(order)).toEqual({ outcome: 'accepted' })
      expect((await now(`${claims}/claim-1`)).metadata.deletionTimestamp).toBeDefined()
      expect((await now(`${nodes}/claimed`)).metadata.annotations['gridgate.io/fence']).toBe('7')
      expect(await data(karpenter)).toMatchObject({ ...view, state: 'ending' })
      expect(await data(order)).toEqual({ outcome: 'already' })

      await ground.plain.remove(`${nodes}/claimed`)
      await ground.plain.until(`${nodes}/claimed`, ({ status }) => status === 404)
      await ground.plain.patch(`${claims}/claim-1`, { metadata: { finalizers: null } })
      await ground.plain.until(`${claims}/claim-1`, ({ status }) => status === 404)
      expect(await data(karpenter)).toMatchObject({ instance_id: null, state: 'gone' })
      expect(await data(order)).toEqual({ outcome: 'already' })
    })

    it('has a Machine marked once, where a health check will act on it', async () => {
      const uid = await putMachine()
      const view = { instance_id: uid, state: 'running', group: { kind: 'machine_set', name: 'set-1' } }
      expect(await data(clusterApi)).toMatchObject(view)
      const order = { ...clusterApi, do: 'replace', instance_id: uid }
      const before = await now(`${machines}/machine-1`)
      expect((await ask(order)).body).toMatchObject({ code: 'provider.refused', status: 502 })
      expect(await now(`${machines}/machine-1`)).toEqual(before)

      await put(checks, { metadata: { name: 'check-1' }, spec: { clusterName: 'self', selector: {} }, status: {} })
      expect(await data(order)).toEqual({ outcome: 'accepted' })
      expect((await now(`${machines}/machine-1`)).metadata.annotations).toEqual({ [mark]: 'task-a' })
      expect(await data(clusterApi)).toMatchObject({ ...view, state: 'ending' })
      expect(await data({ ...order, action: 'task-b' })).toEqual({ outcome: 'already' })

      await ground.plain.remove(`${nodes}/managed`)
      await ground.plain.until(`${nodes}/managed`, ({ status }) => status === 404)
      expect(await data(clusterApi)).toMatchObject({ ...view, state: 'ending' })
      await ground.plain.remove(`${machines}/machine-1`)
      await ground.plain.until(`${machines}/machine-1`, ({ status }) => status === 404)
      expect(await data(clusterApi)).toMatchObject({ instance_id: null, state: 'gone' })
      expect(await data(order)).toEqual({ outcome: 'already' })
    })

    it.each([
      ['a reboot', { ...karpenter, do: 'reboot', instance_id: 'x' }, 502, 'provider.refused'],
      ['a node of nobody', { ...karpenter, ...onNode('plain') }, 412, 'provider.unsupported'],
      ['a node that names no Machine', { ...clusterApi, ...onNode('plain') }, 412, 'provider.unsupported'],
      ['an order that names no machine', { ...karpenter, do: 'replace' }, 400, 'request.invalid'],
      ['an empty allow list', { ...karpenter, allow: [] }, 400, 'request.invalid'],
      ['another kind', { ...karpenter, kind: 'ec2' }, 400, 'request.invalid'],
    ])('refuses %s', async (_, given, status, code) => {
      expect(await ask(given)).toMatchObject({ status, body: { code } })
    })

    it('keeps an earlier action and another NodePool away, and changes nothing', async () => {
      await ground.plain.post(nodes, { metadata: { name: 'claimed' }, spec: { providerID: providerIdOf('claimed') } })
      await ground.plain.patch(`${nodes}/claimed`, { metadata: { annotations: { 'gridgate.io/fence': '8' } } })
      const uid = await putClaim()
      const order = { ...karpenter, do: 'replace', instance_id: uid }
      expect(await ask(order)).toMatchObject({ status: 409, body: { code: 'action.fenced' } })
      expect(await ask({ ...order, allow: ['other'], fence: 8 })).toMatchObject({
        status: 412,
        body: { code: 'provider.not_allowed' },
      })
      expect((await now(`${claims}/claim-1`)).metadata).toMatchObject({
        uid,
        labels: { 'karpenter.sh/nodepool': 'gpu' },
      })
      expect((await now(`${claims}/claim-1`)).metadata.deletionTimestamp).toBeUndefined()
    })
  })
}
