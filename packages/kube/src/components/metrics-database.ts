import type { KubernetesObject } from '../object.ts'
import { accounts } from './access.ts'
import type { InfraConfig, Storage } from './infra-config.ts'
import { namespaces, ports } from './names.ts'
import { nameLabel, probes, resources, restrictedContainer, restrictedPod } from './workload.ts'

const name = 'cluster-metrics'
const claim = 'cluster-metrics-data'

/** The metrics database: VictoriaMetrics, one replica, `metrics/cluster-metrics` with its Service `cluster-metrics-svc`. */
export function metricsDatabaseObjects(config: InfraConfig): KubernetesObject[] {
  return [...claimObjects(config.storage), deployment(config), service()]
}

function claimObjects(storage: Storage): KubernetesObject[] {
  if (storage.kind === 'ephemeral') return []
  const spec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: `${storage.gibibytes}Gi` } },
    ...(storage.storageClass === undefined ? {} : { storageClassName: storage.storageClass }),
  }
  const metadata = { name: claim, namespace: namespaces.metrics }
  return [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }]
}

function volume(storage: Storage): Record<string, unknown> {
  if (storage.kind === 'persistent') return { name: 'data', persistentVolumeClaim: { claimName: claim } }
  return { name: 'data', emptyDir: { sizeLimit: `${storage.gibibytesMax}Gi` } }
}

function deployment(config: InfraConfig): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespaces.metrics, labels: nameLabel(name) },
    spec: {
      replicas: 1,
      // Two databases must never open the same data.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: nameLabel(name) },
      template: {
        metadata: { labels: nameLabel(name) },
        spec: {
          serviceAccountName: accounts.metricsDatabase.name,
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          containers: [container(config)],
          volumes: [volume(config.storage)],
        },
      },
    },
  }
}

function container(config: InfraConfig): Record<string, unknown> {
  return {
    name: 'victoria-metrics',
    image: config.images.metricsDatabase,
    args: [
      '-storageDataPath=/storage',
      `-retentionPeriod=${config.retentionDays}d`,
      `-httpListenAddr=:${ports.metricsDatabase}`,
      '-search.maxQueryDuration=10s',
    ],
    ports: [{ name: 'db', containerPort: ports.metricsDatabase }],
    volumeMounts: [{ name: 'data', mountPath: '/storage' }],
    resources: resources('100m', '1Gi', '1'),
    securityContext: restrictedContainer,
    ...probes('db', { ready: '/health', alive: '/health' }),
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
      ports: [{ name: 'db', port: ports.metricsDatabase, targetPort: 'db', protocol: 'TCP' }],
    },
  }
}
