import type { ObjectReference } from './object.ts'

/** Where the API server keeps one kind. */
export interface Kind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const namespaced = (apiVersion: string, kind: string, plural: string): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
})
const clusterWide = (apiVersion: string, kind: string, plural: string): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced: false,
})

const rbac = 'rbac.authorization.k8s.io/v1'
const authorization = 'authorization.k8s.io/v1'

/** Every kind that Gridgate reads or writes, by a name of its own. Anything else is out of its reach. */
export const kinds = {
  namespace: clusterWide('v1', 'Namespace', 'namespaces'),
  node: clusterWide('v1', 'Node', 'nodes'),
  pod: namespaced('v1', 'Pod', 'pods'),
  event: namespaced('v1', 'Event', 'events'),
  service: namespaced('v1', 'Service', 'services'),
  serviceAccount: namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  configMap: namespaced('v1', 'ConfigMap', 'configmaps'),
  secret: namespaced('v1', 'Secret', 'secrets'),
  persistentVolumeClaim: namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  deployment: namespaced('apps/v1', 'Deployment', 'deployments'),
  statefulSet: namespaced('apps/v1', 'StatefulSet', 'statefulsets'),
  daemonSet: namespaced('apps/v1', 'DaemonSet', 'daemonsets'),
  job: namespaced('batch/v1', 'Job', 'jobs'),
  jobSet: namespaced('jobset.x-k8s.io/v1alpha2', 'JobSet', 'jobsets'),
  podDisruptionBudget: namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  role: namespaced(rbac, 'Role', 'roles'),
  roleBinding: namespaced(rbac, 'RoleBinding', 'rolebindings'),
  clusterRole: clusterWide(rbac, 'ClusterRole', 'clusterroles'),
  clusterRoleBinding: clusterWide(rbac, 'ClusterRoleBinding', 'clusterrolebindings'),
  networkPolicy: namespaced('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  mappingV2: namespaced('getambassador.io/v2', 'Mapping', 'mappings'),
  mappingV3: namespaced('getambassador.io/v3alpha1', 'Mapping', 'mappings'),
  gateway: namespaced('gateway.networking.k8s.io/v1', 'Gateway', 'gateways'),
  httpRoute: namespaced('gateway.networking.k8s.io/v1', 'HTTPRoute', 'httproutes'),
  nodeClaim: clusterWide('karpenter.sh/v1', 'NodeClaim', 'nodeclaims'),
  machine: namespaced('cluster.x-k8s.io/v1beta2', 'Machine', 'machines'),
  machineV1Beta1: namespaced('cluster.x-k8s.io/v1beta1', 'Machine', 'machines'),
  machineHealthCheck: namespaced('cluster.x-k8s.io/v1beta2', 'MachineHealthCheck', 'machinehealthchecks'),
  machineHealthCheckV1Beta1: namespaced('cluster.x-k8s.io/v1beta1', 'MachineHealthCheck', 'machinehealthchecks'),
  selfSubjectRulesReview: clusterWide(authorization, 'SelfSubjectRulesReview', 'selfsubjectrulesreviews'),
  selfSubjectAccessReview: clusterWide(authorization, 'SelfSubjectAccessReview', 'selfsubjectaccessreviews'),
} as const satisfies Record<string, Kind>

const byName = new Map<string, Kind>(Object.values(kinds).map((kind) => [`${kind.apiVersion} ${kind.kind}`, kind]))

/** Whether a kind is in the table. */
export const isKind = ({ apiVersion, kind }: Pick<ObjectReference, 'apiVersion' | 'kind'>): boolean =>
  byName.has(`${apiVersion} ${kind}`)

/** The kind of a reference. @throws {TypeError} for one that is not in the table: a mistake of ours, not of the cluster. */
export function kindOf(reference: Pick<ObjectReference, 'apiVersion' | 'kind'>): Kind {
  const kind = byName.get(`${reference.apiVersion} ${reference.kind}`)
  if (!kind) throw new TypeError(`${reference.apiVersion} ${reference.kind} is not a kind that Gridgate works with`)
  return kind
}

/** The path of one API group version: `/api/v1`, `/apis/apps/v1`. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** The path of a collection; without `namespace` of a namespaced kind, that of all namespaces. */
export function collectionPath(kind: Pick<Kind, 'apiVersion' | 'plural' | 'namespaced'>, namespace?: string): string {
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${groupPath(kind.apiVersion)}${scope}/${kind.plural}`
}

/** The path of one object. @throws {TypeError} when a namespaced object names no namespace. */
export function objectPath(reference: ObjectReference): string {
  const kind = kindOf(reference)
  if (kind.namespaced && reference.namespace === undefined)
    throw new TypeError(`${reference.kind} ${reference.name} needs a namespace`)
  return `${collectionPath(kind, reference.namespace)}/${encodeURIComponent(reference.name)}`
}

/** Where an object is, whatever the version that it is asked for in: versions of one kind show the same objects. */
export function placeOf(reference: ObjectReference): string {
  const { plural, apiVersion } = kindOf(reference)
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : ''
  return `${group}/${plural}/${reference.namespace ?? ''}/${reference.name}`
}
