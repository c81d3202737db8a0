import type { InfraCluster } from './infra-config.ts'
import { controllerName, namespaces, ports } from './names.ts'

/**
 * What vmagent scrapes: the node exporters through the nodes' list, GPU exporters and blocks through pods. Every sample
 * carries `cluster_id` and `node_id`, which is the node's label `nodeID` or else its name (spec/errors-and-gaps.md 93).
 */
export function scrapeConfig(cluster: InfraCluster): Record<string, unknown> {
  return {
    global: {
      scrape_interval: `${cluster.collectIntervalSeconds}s`,
      scrape_timeout: `${Math.min(10, cluster.collectIntervalSeconds)}s`,
      external_labels: { cluster_id: cluster.id },
    },
    scrape_configs: [nodes(), gpus(), controllers(cluster), blocks()],
  }
}

const pods = (namespace: string, selector?: string): Record<string, unknown> => ({
  role: 'pod',
  namespaces: { names: [namespace] },
  attach_metadata: { node: true },
  ...(selector === undefined ? {} : { selectors: [{ role: 'pod', label: selector }] }),
})

const nodeId = (nodeName: string): Record<string, unknown>[] => [
  { source_labels: [nodeName], target_label: 'node_id' },
  { source_labels: ['__meta_kubernetes_node_label_nodeID'], regex: '(.+)', target_label: 'node_id' },
]

function nodes(): Record<string, unknown> {
  return {
    job_name: 'node',
    kubernetes_sd_configs: [{ role: 'node' }],
    relabel_configs: [
      {
        source_labels: ['__meta_kubernetes_node_address_InternalIP'],
        target_label: '__address__',
        replacement: `$1:${ports.nodeExporter}`,
      },
      ...nodeId('__meta_kubernetes_node_name'),
    ],
    metric_relabel_configs: [
      // The pods' ends of virtual pairs, one for each pod: the same bytes pass a bridge or an uplink, too.
      { source_labels: ['__name__', 'device'], regex: 'node_network_.+;(veth|cali|lxc).*', action: 'drop' },
    ],
  }
}

function gpus(): Record<string, unknown> {
  return {
    job_name: 'gpu',
    kubernetes_sd_configs: [pods(namespaces.metrics, 'app.kubernetes.io/name=metrics-collector-gpu')],
    relabel_configs: nodeId('__meta_kubernetes_pod_node_name'),
  }
}

/** The controller says of itself how it does, and so does the metrics reader beside it. */
function controllers(cluster: InfraCluster): Record<string, unknown> {
  const selector = `app.kubernetes.io/name=${controllerName(cluster.id)}`
  return {
    job_name: 'controller',
    kubernetes_sd_configs: [pods(namespaces.controllers, selector)],
    relabel_configs: [
      // Several ports say the same; one for each container is enough.
      { source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: 'controller|metrics', action: 'keep' },
      { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
      ...nodeId('__meta_kubernetes_pod_node_name'),
    ],
  }
}

/** Pods of blocks that ask for it by the customary annotations `prometheus.io/scrape` and `prometheus.io/port`. */
function blocks(): Record<string, unknown> {
  const annotation = (name: string): string => `__meta_kubernetes_pod_annotation_prometheus_io_${name}`
  return {
    job_name: 'block',
    kubernetes_sd_configs: [pods(namespaces.blocks)],
    relabel_configs: [
      { source_labels: [annotation('scrape')], regex: 'true', action: 'keep' },
      {
        source_labels: ['__meta_kubernetes_pod_ip', annotation('port')],
        separator: ':',
        regex: '(.+:\\d+)',
        target_label: '__address__',
      },
      { source_labels: [annotation('path')], regex: '(.+)', target_label: '__metrics_path__' },
      { source_labels: ['__meta_kubernetes_pod_label_blockID'], target_label: 'block_id' },
      { source_labels: ['__meta_kubernetes_pod_label_instanceID'], target_label: 'instance_id' },
      ...nodeId('__meta_kubernetes_pod_node_name'),
    ],
  }
}
