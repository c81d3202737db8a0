import { endpointNodePorts } from '@gridgate/core/cluster/url-map'

/** Namespaces of the infrastructure, as documented (spec/infra.md §2). */
export const namespaces = { metrics: 'metrics', controllers: 'controllers', blocks: 'blocks', vdags: 'vdags' } as const

/** Namespace of policy executors, as documented (spec/policies.md §6). */
export const policiesNamespace = 'policies-system'

/** NodePorts of the documented endpoints (spec/infra.md §4, spec/decisions.md 51). */
export const nodePorts = endpointNodePorts

/** Ports of the containers. */
export const ports = {
  controller: 4000,
  metrics: 5000,
  blocks: 7500,
  management: 10_000,
  metricsDatabase: 8428,
  metricsWriter: 8429,
  nodeExporter: 19_100,
  gpuExporter: 9400,
  executor: 10_250,
} as const

/** The controller's Deployment; everything else of it is named after it. */
export const controllerName = (clusterId: string): string => `${clusterId}-controller`

/** The Service of the controller's ports. */
export const controllerServiceName = (clusterId: string): string => `${controllerName(clusterId)}-svc`

/** ConfigMap where the controller publishes its public key, under `publicKeyEntry` as a JWK. */
export const identityName = (clusterId: string): string => `${controllerName(clusterId)}-identity`
export const publicKeyEntry = 'public-key.json'

/** Secret where the controller keeps its private key, so that it survives a restart. */
export const identityKeyName = (clusterId: string): string => `${controllerName(clusterId)}-key`

/** Host name of a Service inside the cluster. */
export const serviceHost = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`

/** Ids of the bootstrap tokens that a controller may use for joining nodes: a fixed set, so that its rights name each secret. */
export const bootstrapTokenIds: readonly string[] = Array.from({ length: 8 }, (_, slot) => `ggjn0${slot}`)

/** The secret of a bootstrap token, in `kube-system`, as kubeadm expects it. It carries the owner labels, so removal ends it too. */
export const bootstrapSecretName = (tokenId: string): string => `bootstrap-token-${tokenId}`
