import { isTree, type KubeObject, type Tree, treeAt, treesAt } from '../object.ts'
import type { Resource } from '../resources.ts'
import { withDefaults } from '../schema/prune.ts'

/**
 * An object with everything filled in that the real API server fills in: the schema's defaults, then those that depend on other
 * members (defaults.go of each API group; JobSet's mutating webhook).
 */
export function defaulted(resource: Resource, object: KubeObject): KubeObject {
  const early = earlyDefaults[resource.rules]
  const draft = structuredClone(object)
  early?.(draft)
  const filled = withDefaults(draft, resource.schema) as KubeObject
  lateDefaults[resource.rules]?.(filled)
  return filled
}

type Fill = (object: KubeObject) => void

/** Before the schema's defaults: where the general default would be the wrong one. */
const earlyDefaults: Readonly<Record<string, Fill>> = {
  JobSet: (object) => {
    for (const job of treesAt(object, 'spec', 'replicatedJobs')) {
      const spec = treeAt(job, 'template', 'spec')
      spec.completionMode ??= 'Indexed'
      const podSpec = treeAt(spec, 'template', 'spec')
      podSpec.restartPolicy ??= 'OnFailure'
    }
    const policy = treeAt(object, 'spec', 'failurePolicy')
    for (const [index, rule] of treesAt(policy, 'rules').entries()) rule.name ??= `failurePolicyRule${index}`
  },
}

const lateDefaults: Readonly<Record<string, Fill>> = {
  Namespace: (object) => {
    object.spec = { finalizers: ['kubernetes'], ...treeAt(object, 'spec') }
    object.status = { phase: 'Active', ...treeAt(object, 'status') }
    object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name }
  },
  Node: (object) => {
    object.spec ??= {}
  },
  Pod: (object) => {
    const spec = treeAt(object, 'spec')
    fillPodSpec(spec)
    // Templates are left without: it is a default of pods alone.
    spec.enableServiceLinks ??= true
  },
  Deployment: (object) => {
    fillPodSpec(treeAt(object, 'spec', 'template', 'spec'))
    const strategy = treeAt(object, 'spec', 'strategy')
    if (strategy.type === 'RollingUpdate')
      strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...treeAt(strategy, 'rollingUpdate') }
  },
  ReplicaSet: (object) => fillPodSpec(treeAt(object, 'spec', 'template', 'spec')),
  DaemonSet: (object) => {
    fillPodSpec(treeAt(object, 'spec', 'template', 'spec'))
    const strategy = treeAt(object, 'spec', 'updateStrategy')
    if (strategy.type === 'RollingUpdate')
      strategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...treeAt(strategy, 'rollingUpdate') }
  },
  StatefulSet: (object) => {
    fillPodSpec(treeAt(object, 'spec', 'template', 'spec'))
    const strategy = treeAt(object, 'spec', 'updateStrategy')
    if (strategy.type === 'RollingUpdate')
      strategy.rollingUpdate = { partition: 0, ...treeAt(strategy, 'rollingUpdate') }
    for (const claim of treesAt(object, 'spec', 'volumeClaimTemplates'))
      Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' }, ...claim })
  },
  Job: fillJob,
  JobSet: (object) => {
    for (const job of treesAt(object, 'spec', 'replicatedJobs'))
      fillPodSpec(treeAt(job, 'template', 'spec', 'template', 'spec'))
    const network = treeAt(object, 'spec', 'network')
    if (network.enableDNSHostnames === true) network.subdomain ??= object.metadata.name
  },
  Service: fillService,
  Secret: (object) => {
    if (!isTree(object.stringData)) return
    const encoded = Object.entries(object.stringData).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString('base64'),
    ])
    object.data = { ...treeAt(object, 'data'), ...Object.fromEntries(encoded) }
    delete object.stringData
  },
  RoleBinding: fillBinding,
  ClusterRoleBinding: fillBinding,
  NetworkPolicy: (object) => {
    const spec = treeAt(object, 'spec')
    spec.policyTypes ??= Array.isArray(spec.egress) ? ['Ingress', 'Egress'] : ['Ingress']
  },
  PersistentVolumeClaim: (object) => {
    const spec = treeAt(object, 'spec')
    spec.storageClassName ??= 'standard'
    object.status = { phase: 'Pending', ...treeAt(object, 'status') }
  },
  CustomResourceDefinition: (object) => {
    const names = treeAt(object, 'spec', 'names')
    names.singular ??= String(names.kind).toLowerCase()
    names.listKind ??= `${String(names.kind)}List`
    const spec = treeAt(object, 'spec')
    spec.conversion ??= { strategy: 'None' }
  },
}

function fillPodSpec(spec: Tree): void {
  if (typeof spec.serviceAccountName === 'string') spec.serviceAccount ??= spec.serviceAccountName
  else if (typeof spec.serviceAccount === 'string') spec.serviceAccountName = spec.serviceAccount
  for (const container of [...treesAt(spec, 'initContainers'), ...treesAt(spec, 'containers')]) {
    container.imagePullPolicy ??= isLatest(String(container.image ?? '')) ? 'Always' : 'IfNotPresent'
    const resources = treeAt(container, 'resources')
    if (isTree(resources.limits)) resources.requests = { ...resources.limits, ...treeAt(resources, 'requests') }
  }
}

function isLatest(image: string): boolean {
  if (image.includes('@')) return false
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1]
  return tag === undefined || tag === 'latest'
}

function fillJob(object: KubeObject): void {
  const spec = treeAt(object, 'spec')
  fillPodSpec(treeAt(spec, 'template', 'spec'))
  if (spec.completions === undefined && spec.parallelism === undefined)
    Object.assign(spec, { completions: 1, parallelism: 1 })
  spec.parallelism ??= 1
  spec.podReplacementPolicy ??= 'TerminatingOrFailed'
  if (spec.manualSelector === true || !object.metadata.uid) return
  const uid = object.metadata.uid
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
  const template = treeAt(spec, 'template')
  const metadata = treeAt(template, 'metadata')
  const names = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': object.metadata.name }
  const legacy = { 'controller-uid': uid, 'job-name': object.metadata.name }
  template.metadata = { ...metadata, labels: { ...treeAt(metadata, 'labels'), ...names, ...legacy } }
}

function fillService(object: KubeObject): void {
  const spec = treeAt(object, 'spec')
  object.spec = spec
  spec.type ??= 'ClusterIP'
  spec.sessionAffinity ??= 'None'
  for (const port of treesAt(spec, 'ports')) port.targetPort ??= port.port
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster'
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  if (spec.type !== 'ExternalName') {
    spec.internalTrafficPolicy ??= 'Cluster'
    spec.ipFamilies ??= ['IPv4']
    spec.ipFamilyPolicy ??= 'SingleStack'
  }
  object.status = { loadBalancer: {}, ...treeAt(object, 'status') }
}

function fillBinding(object: KubeObject): void {
  const rbac = 'rbac.authorization.k8s.io'
  for (const subject of treesAt(object, 'subjects')) if (subject.kind !== 'ServiceAccount') subject.apiGroup ??= rbac
  const roleRef = treeAt(object, 'roleRef')
  roleRef.apiGroup ??= rbac
}
