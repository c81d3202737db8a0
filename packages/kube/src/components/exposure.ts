import { endpointPrefixes } from '@gridgate/core/cluster/url-map'
import type { KubernetesObject } from '../object.ts'
import { accounts } from './access.ts'
import type { GatewayName, InfraCluster } from './infra-config.ts'
import { controllerName, controllerServiceName, nodePorts, ports } from './names.ts'
import { nameLabel } from './workload.ts'

type Part = keyof typeof nodePorts

/** The controller's Service, and in gateway mode the routes to it, in whichever language the cluster's ingress speaks. */
export function exposureObjects(cluster: InfraCluster): KubernetesObject[] {
  const { exposure } = cluster
  if (exposure.kind === 'node-port') return [service(cluster)]
  if (exposure.kind === 'mapping') return [service(cluster), ...mappings(cluster.id, exposure.apiVersion)]
  return [service(cluster), httpRoute(cluster, exposure.gateway)]
}

const parts = Object.keys(nodePorts) as Part[]

function service(cluster: InfraCluster): KubernetesObject {
  const isNodePort = cluster.exposure.kind === 'node-port'
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: controllerServiceName(cluster.id), namespace: accounts.controller.namespace },
    spec: {
      type: isNodePort ? 'NodePort' : 'ClusterIP',
      selector: nameLabel(controllerName(cluster.id)),
      ports: parts.map((part) => ({
        name: part,
        port: ports[part],
        targetPort: part,
        protocol: 'TCP',
        ...(isNodePort ? { nodePort: nodePorts[part] } : {}),
      })),
    },
  }
}

/** Ambassador's routes. The prefix is taken off, so `/mgmt/mgmt` reaches the controller's `/mgmt`. */
function mappings(clusterId: string, apiVersion: string): KubernetesObject[] {
  const { namespace } = accounts.controller
  const host = apiVersion.endsWith('/v2') ? { host: '*' } : { hostname: '*' }
  return parts.map((part) => ({
    apiVersion,
    kind: 'Mapping',
    metadata: { name: `${controllerName(clusterId)}-${part}`, namespace },
    spec: {
      ...host,
      prefix: `${endpointPrefixes[part]}/`,
      rewrite: '/',
      service: `${controllerServiceName(clusterId)}.${namespace}:${ports[part]}`,
      timeout_ms: 30_000,
    },
  }))
}

function httpRoute(cluster: InfraCluster, gateway: GatewayName): KubernetesObject {
  const { namespace } = accounts.controller
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: controllerName(cluster.id), namespace },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: gateway.namespace }],
      rules: parts.map((part) => ({
        matches: [{ path: { type: 'PathPrefix', value: endpointPrefixes[part] } }],
        filters: [
          { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } },
        ],
        backendRefs: [{ name: controllerServiceName(cluster.id), port: ports[part] }],
      })),
    },
  }
}
