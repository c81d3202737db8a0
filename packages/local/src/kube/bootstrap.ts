import { readFileSync } from 'node:fs'
import { installedDefinitions } from './definitions.ts'
import type { Tree } from './object.ts'
import type { Objects } from './objects.ts'

/** A node of the simulated cluster. */
export interface NodeSpec {
  name: string
  gpus: number
  gpuProduct?: string
  /** Kubernetes quantities. */
  cpu?: string
  memory?: string
  labels?: Record<string, string>
}

/** The nodes that come with the product: 8, 4 and 4 GPUs. */
export const fixtureNodes = (): NodeSpec[] =>
  JSON.parse(readFileSync(new URL('./nodes.json', import.meta.url), 'utf8')) as NodeSpec[]

const write = { manager: 'simulated-apiserver' }
const rbac = 'rbac.authorization.k8s.io'

/** Fills a new cluster: what a fresh control plane has, the installed kinds, and its nodes. Does nothing to one that has it. */
export function bootstrap(objects: Objects, nodes: readonly NodeSpec[]): void {
  const ensure = (
    storeKey: string,
    namespace: string | undefined,
    body: Tree & { metadata: { name: string } },
  ): void => {
    if (!objects.store.get(storeKey, namespace, body.metadata.name))
      objects.create(objects.resources.get(storeKey), namespace, body, write)
  }
  for (const definition of installedDefinitions())
    ensure(
      'customresourcedefinitions.apiextensions.k8s.io',
      undefined,
      definition as Tree & { metadata: { name: string } },
    )
  // Present from the first start on: a namespace or node that somebody removed does not come back with a restart.
  if (objects.store.get('namespaces', undefined, 'kube-system')) return
  for (const role of clusterRoles) ensure(`clusterroles.${rbac}`, undefined, role)
  for (const [name, group] of bindings) ensure(`clusterrolebindings.${rbac}`, undefined, bindingOf(name, group))
  ensure(`storageclasses.storage.k8s.io`, undefined, {
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } } as {
      name: string
    },
    provisioner: 'simulated.gridgate.dev/none',
  })
  for (const name of ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
    ensure('namespaces', undefined, { metadata: { name } })
  ensure('services', 'default', {
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    } as { name: string },
    spec: {
      type: 'ClusterIP',
      clusterIP: '10.96.0.1',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  })
  for (const node of nodes) ensure('nodes', undefined, nodeBody(node))
}

function nodeBody(node: NodeSpec): Tree & { metadata: { name: string } } {
  const amounts = {
    cpu: node.cpu ?? '32',
    memory: node.memory ?? '256Gi',
    'ephemeral-storage': '1Ti',
    pods: '110',
    ...(node.gpus > 0 ? { 'nvidia.com/gpu': String(node.gpus) } : {}),
  }
  const gpuLabels =
    node.gpus > 0
      ? {
          'nvidia.com/gpu.present': 'true',
          'nvidia.com/gpu.count': String(node.gpus),
          ...(node.gpuProduct ? { 'nvidia.com/gpu.product': node.gpuProduct } : {}),
        }
      : {}
  const labels = {
    'kubernetes.io/hostname': node.name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    ...gpuLabels,
    ...node.labels,
  }
  const nodeInfo = {
    kubeletVersion: 'v1.34.0-simulated',
    osImage: 'simulated',
    kernelVersion: 'simulated',
    containerRuntimeVersion: 'simulated://1',
    operatingSystem: 'linux',
    architecture: 'amd64',
  }
  return {
    metadata: { name: node.name, labels } as { name: string },
    spec: {},
    status: { capacity: amounts, allocatable: amounts, nodeInfo },
  }
}

const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }
const readVerbs = ['get', 'list', 'watch']
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update']
const coreKinds = [
  'bindings',
  'configmaps',
  'endpoints',
  'events',
  'persistentvolumeclaims',
  'pods',
  'pods/log',
  'pods/status',
  'serviceaccounts',
  'services',
  'services/status',
  'namespaces',
]
const viewRules = [
  { apiGroups: [''], resources: coreKinds, verbs: readVerbs },
  {
    apiGroups: ['apps', 'batch', 'networking.k8s.io', 'policy', 'discovery.k8s.io', 'autoscaling'],
    resources: ['*'],
    verbs: readVerbs,
  },
]
const editRules = [
  ...viewRules,
  {
    apiGroups: [''],
    resources: [...coreKinds.filter((kind) => kind !== 'namespaces'), 'secrets', 'pods/eviction'],
    verbs: [...readVerbs, ...writeVerbs],
  },
  {
    apiGroups: ['apps', 'batch', 'networking.k8s.io', 'policy', 'autoscaling'],
    resources: ['*'],
    verbs: [...readVerbs, ...writeVerbs],
  },
]
const paths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]

const clusterRoles = [
  { metadata: { name: 'cluster-admin' }, rules: [everything, { nonResourceURLs: ['*'], verbs: ['*'] }] },
  {
    metadata: { name: 'admin' },
    rules: [
      ...editRules,
      { apiGroups: [rbac], resources: ['roles', 'rolebindings'], verbs: [...readVerbs, ...writeVerbs] },
    ],
  },
  { metadata: { name: 'edit' }, rules: editRules },
  { metadata: { name: 'view' }, rules: viewRules },
  { metadata: { name: 'system:discovery' }, rules: [{ nonResourceURLs: paths, verbs: ['get'] }] },
  {
    metadata: { name: 'system:basic-user' },
    rules: [
      {
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
        verbs: ['create'],
      },
      { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
    ],
  },
]

const bindings = [
  ['cluster-admin', 'system:masters'],
  ['system:discovery', 'system:authenticated'],
  ['system:basic-user', 'system:authenticated'],
] as const

const bindingOf = (name: string, group: string): Tree & { metadata: { name: string } } => ({
  metadata: { name },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
  subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
})
