import { type Kind, kinds } from '../kinds.ts'
import { namespaces } from './names.ts'

/** A kind, and the namespaces where the infrastructure has objects of it. */
export interface InfraScope {
  readonly kind: Kind
  readonly namespaces: readonly string[]
}

const { controllers, metrics, blocks, vdags } = namespaces
const withRoles = [controllers, metrics, blocks, vdags, 'kube-system', 'kube-public']

/**
 * Where a controller looks for what is there and should not be. Its rights are made of these; secrets are not among them
 * (its own is read by its name), and neither are cluster roles, which are also read by their names.
 */
export const infraScopes: readonly InfraScope[] = [
  { kind: kinds.serviceAccount, namespaces: [controllers, metrics] },
  { kind: kinds.role, namespaces: withRoles },
  { kind: kinds.roleBinding, namespaces: withRoles },
  { kind: kinds.networkPolicy, namespaces: [controllers, metrics] },
  { kind: kinds.configMap, namespaces: [controllers, metrics] },
  { kind: kinds.persistentVolumeClaim, namespaces: [metrics] },
  { kind: kinds.deployment, namespaces: [controllers, metrics] },
  { kind: kinds.daemonSet, namespaces: [metrics] },
  { kind: kinds.service, namespaces: [controllers, metrics] },
  { kind: kinds.mappingV3, namespaces: [controllers] },
  { kind: kinds.mappingV2, namespaces: [controllers] },
  { kind: kinds.httpRoute, namespaces: [controllers] },
]

/** Kinds of the infrastructure outside of namespaces, or that are read by name only. */
export const namedKinds: readonly Kind[] = [kinds.namespace, kinds.clusterRole, kinds.clusterRoleBinding, kinds.secret]

/** Kinds that a cluster may lack. */
export const optionalKinds: ReadonlySet<Kind> = new Set([kinds.httpRoute, kinds.mappingV3, kinds.mappingV2])
