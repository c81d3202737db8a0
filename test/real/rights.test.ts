import { applyAll } from '@gridgate/kube/apply'
import type { KubeClient } from '@gridgate/kube/client'
import { kinds } from '@gridgate/kube/kinds'
import type { KubernetesObject } from '@gridgate/kube/object'
import { ownerLabels } from '@gridgate/kube/ownership'
import { preflight } from '@gridgate/kube/preflight'
import { type Right, requiredRights } from '@gridgate/kube/required-rights'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Client } from '../../packages/kube/contract/client.ts'
import {
  adapterOf,
  kubeconfigOf,
  labelled,
  objectsOfInfra,
  plainClient,
  removeAll,
  tokenOf,
  untilAllowed,
} from './installation.ts'
import { describeWithControllers, realCluster } from './real-cluster.ts'

const id = 'west-3'
const nodePort = { kind: 'node-port' } as const
const rbac = '/apis/rbac.authorization.k8s.io/v1'
let admin: KubeClient
let plain: Client

beforeAll(() => {
  admin = adapterOf(realCluster().kubeconfig)
  plain = plainClient()
})
afterAll(() => {
  admin.close()
  plain.close()
})

const listNodes: Right = { verb: 'list', group: '', resource: 'nodes' }

interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
}

/** A client of a new account in `default` with these rights everywhere; `end` takes all of it away. */
async function accountWith(
  name: string,
  rules: Rule[],
  last: Right,
): Promise<{ client: KubeClient; end(): Promise<void> }> {
  const account = '/api/v1/namespaces/default/serviceaccounts'
  await plain.post(account, { metadata: { name } })
  await plain.post(`${rbac}/clusterroles`, { metadata: { name }, rules })
  await plain.post(`${rbac}/clusterrolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }],
  })
  const client = adapterOf(kubeconfigOf(realCluster(), await tokenOf(plain, 'default', name)))
  await untilAllowed(client, last)
  return {
    client,
    async end() {
      client.close()
      for (const path of [account, `${rbac}/clusterroles`, `${rbac}/clusterrolebindings`])
        await plain.remove(`${path}/${name}`)
    },
  }
}

const ruleOf = (right: Right): Rule => ({
  apiGroups: [right.group],
  resources: [right.resource],
  verbs: [right.verb],
})

describeWithControllers("the kubeconfig's user", () => {
  it('learns every right that is missing, before anything is changed', async () => {
    const viewer = await accountWith(
      'viewer',
      [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] }],
      listNodes,
    )
    const missing = requiredRights(nodePort)
      .filter(({ verb }) => verb !== 'get' && verb !== 'list')
      .map(({ verb, group, resource }) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`)
    await expect(preflight(viewer.client, { clusterId: id, identity: null, useGateway: false })).rejects.toMatchObject({
      code: 'kube.forbidden',
      details: { missing },
    })
    expect(await labelled(plain, admin, id)).toEqual([])
    await viewer.end()
  })

  it('creates and removes with the rights that are asked for, and sight of what a namespace holds', async () => {
    const sight = { apiGroups: ['*'], resources: ['*'], verbs: ['list'] }
    const installer = await accountWith('installer', [...requiredRights(nodePort).map(ruleOf), sight], listNodes)
    const options = { clusterId: id, identity: null, useGateway: false }
    const { exposure } = await preflight(installer.client, options)
    await applyAll(installer.client, id, objectsOfInfra(id, exposure))
    expect(await removeAll(installer.client, id)).toEqual([])
    expect(await labelled(plain, admin, id)).toEqual([])
    await installer.end()
  })
})

describeWithControllers("the controller's account", () => {
  let controller: KubeClient
  const secret = (name: string, namespace = 'kube-system'): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: ownerLabels(id) },
  })
  const config = (namespace: string): KubernetesObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'of-a-block', namespace, labels: ownerLabels(id) },
  })
  const deployment = (namespace: string): KubernetesObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'of-a-block', namespace, labels: ownerLabels(id) },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'x', image: 'example/none:1' }] } },
    },
  })
  const nodes = { apiVersion: 'v1', kind: 'Node', name: 'gpu-node-1' }

  beforeAll(async () => {
    const needed = objectsOfInfra(id, nodePort).filter(({ kind }) => !['Deployment', 'DaemonSet'].includes(kind))
    await applyAll(admin, id, needed)
    const token = await tokenOf(plain, 'controllers', 'gridgate-controller')
    controller = adapterOf(kubeconfigOf(realCluster(), token))
    await untilAllowed(controller, listNodes)
  })
  afterAll(async () => {
    controller.close()
    await removeAll(admin, id)
    expect(await labelled(plain, admin, id)).toEqual([])
  })

  it.each([
    ['its bootstrap tokens', () => controller.apply(secret('bootstrap-token-ggjn00'))],
    ['its own key', () => controller.apply(secret(`${id}-controller-key`, 'controllers'))],
    ['what blocks consist of', () => controller.apply(deployment('blocks'))],
    ['what vDAGs consist of', () => controller.apply(deployment('vdags'))],
    ['the nodes', () => controller.list(kinds.node)],
    ['a cordon', () => controller.merge(nodes, { spec: { unschedulable: null } })],
  ])('may write or read %s', async (_what, ask) => {
    expect(await ask()).toBeTruthy()
  })

  it.each([
    ['any other secret', () => controller.apply(secret('bootstrap-token-abcdef'))],
    ['a list of secrets', () => controller.list(kinds.secret)],
    ['a list of secrets in kube-system', () => controller.list(kinds.secret, { namespace: 'kube-system' })],
    ['a secret of blocks', () => controller.apply(secret('x', 'blocks'))],
    ['what runs in other namespaces', () => controller.apply(deployment('default'))],
    ['settings of other namespaces', () => controller.apply(config('kube-system'))],
    ['roles', () => controller.list(kinds.clusterRole)],
    ['new namespaces', () => controller.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'new' } })],
  ])('may not touch %s, and nothing changes', async (_what, ask) => {
    const before = await labelled(plain, admin, id)
    await expect(ask()).rejects.toMatchObject({ code: 'kube.forbidden' })
    expect(await labelled(plain, admin, id)).toEqual(before)
  })
})
