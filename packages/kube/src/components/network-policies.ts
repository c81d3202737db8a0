import type { KubernetesObject } from '../object.ts'
import { controllerName, namespaces, ports } from './names.ts'
import { nameLabel } from './workload.ts'

/**
 * Who may open connections to the parts. Each policy selects its own pods, so a namespace that others use too keeps its
 * traffic. The controller's ports are open to all, because NodePorts hide who calls: there the signature decides.
 */
export function networkPolicyObjects(clusterId: string): KubernetesObject[] {
  const { metrics, controllers, blocks, vdags } = namespaces
  const controller = controllerName(clusterId)
  return [
    policy('cluster-metrics', metrics, [
      {
        from: [
          { podSelector: { matchLabels: nameLabel('metrics-writer') } },
          { namespaceSelector: inNamespace(controllers), podSelector: { matchLabels: nameLabel(controller) } },
        ],
        ports: [tcp(ports.metricsDatabase)],
      },
    ]),
    policy('metrics-writer', metrics, [
      {
        from: [blocks, vdags].map((name) => ({ namespaceSelector: inNamespace(name) })),
        ports: [tcp(ports.metricsWriter)],
      },
    ]),
    policy('metrics-collector-gpu', metrics, [
      { from: [{ podSelector: { matchLabels: nameLabel('metrics-writer') } }], ports: [tcp(ports.gpuExporter)] },
    ]),
    policy(controller, controllers, [
      { ports: [ports.controller, ports.metrics, ports.blocks, ports.management].map(tcp) },
    ]),
  ]
}

function policy(name: string, namespace: string, ingress: readonly unknown[]): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: { matchLabels: nameLabel(name) }, policyTypes: ['Ingress'], ingress },
  }
}

const tcp = (port: number): Record<string, unknown> => ({ protocol: 'TCP', port })
const inNamespace = (name: string): Record<string, unknown> => ({
  matchLabels: { 'kubernetes.io/metadata.name': name },
})
