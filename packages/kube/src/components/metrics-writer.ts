import type { KubernetesObject } from '../object.ts'
import { accounts } from './access.ts'
import type { InfraCluster, InfraConfig } from './infra-config.ts'
import { namespaces, ports, serviceHost } from './names.ts'
import { scrapeConfig } from './scrape-config.ts'
import { nameLabel, probes, resources, restrictedContainer, restrictedPod } from './workload.ts'

const name = 'metrics-writer'

/** Writes metrics into the database: vmagent, which scrapes the collectors and takes what blocks push on its Service. */
export function metricsWriterObjects(cluster: InfraCluster, config: InfraConfig): KubernetesObject[] {
  return [scrapeConfigMap(cluster), deployment(config), service()]
}

function scrapeConfigMap(cluster: InfraCluster): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `${name}-config`, namespace: namespaces.metrics },
    // JSON is YAML, which is what vmagent reads.
    data: { 'scrape.yaml': `${JSON.stringify(scrapeConfig(cluster), null, 2)}\n` },
  }
}

function deployment(config: InfraConfig): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespaces.metrics, labels: nameLabel(name) },
    spec: {
      replicas: 1,
      selector: { matchLabels: nameLabel(name) },
      template: {
        metadata: { labels: nameLabel(name) },
        spec: {
          serviceAccountName: accounts.metricsWriter.name,
          automountServiceAccountToken: true,
          securityContext: restrictedPod,
          containers: [container(config)],
          volumes: [
            { name: 'config', configMap: { name: `${name}-config` } },
            { name: 'buffer', emptyDir: { sizeLimit: '2Gi' } },
          ],
        },
      },
    },
  }
}

function container(config: InfraConfig): Record<string, unknown> {
  const database = `http://${serviceHost('cluster-metrics-svc', namespaces.metrics)}:${ports.metricsDatabase}`
  return {
    name: 'vmagent',
    image: config.images.metricsWriter,
    args: [
      '-promscrape.config=/etc/vmagent/scrape.yaml',
      '-promscrape.configCheckInterval=30s',
      `-remoteWrite.url=${database}/api/v1/write`,
      '-remoteWrite.tmpDataPath=/buffer',
      '-remoteWrite.maxDiskUsagePerURL=1GB',
      `-httpListenAddr=:${ports.metricsWriter}`,
    ],
    ports: [{ name: 'push', containerPort: ports.metricsWriter }],
    volumeMounts: [
      { name: 'config', mountPath: '/etc/vmagent', readOnly: true },
      { name: 'buffer', mountPath: '/buffer' },
    ],
    resources: resources('50m', '256Mi', '500m'),
    securityContext: restrictedContainer,
    ...probes('push', { ready: '/health', alive: '/health' }),
  }
}

function service(): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-svc`, namespace: namespaces.metrics },
    spec: {
      type: 'ClusterIP',
      selector: nameLabel(name),
      ports: [{ name: 'push', port: ports.metricsWriter, targetPort: 'push', protocol: 'TCP' }],
    },
  }
}
