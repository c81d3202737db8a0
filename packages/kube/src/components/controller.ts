import { createHash } from 'node:crypto'
import type { KubernetesObject } from '../object.ts'
import { accounts } from './access.ts'
import { gatewayKeysFile, gatewayKeysMount, gatewayKeysObject, gatewayKeysVolume } from './gateway-keys.ts'
import type { InfraCluster, InfraConfig } from './infra-config.ts'
import { controllerName, namespaces, ports, serviceHost } from './names.ts'
import { nameLabel, probes, resources, restrictedContainer, restrictedPod } from './workload.ts'

/** The controller: one image, one replica, two containers (spec/decisions.md 51), with its configuration and the gateway's keys. */
export function controllerObjects(cluster: InfraCluster, config: InfraConfig): KubernetesObject[] {
  const environment = environmentOf(cluster, config)
  const name = controllerName(cluster.id)
  const { namespace } = accounts.controller
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${name}-config`, namespace }, data: environment },
    gatewayKeysObject(name, namespace, config),
    deployment(name, config, environment),
  ]
}

/** Names as the original's containers read them (spec/cluster-controller.md §2), from the global services map. */
const documentedNames: Record<string, string> = {
  cluster_db_url: 'CLUSTER_SERVICE_URL',
  blocks_db_url: 'BLOCKS_SERVICE_URL',
  vdag_db_url: 'VDAG_DB_API_URL',
  vdag_controller_db_url: 'VDAG_CONTROLLER_DB_URL',
  policy_db_url: 'POLICY_DB_URL',
  vdag_controller_image_name: 'VDAG_CONTROLLER_IMAGE_NAME',
  vdag_adhoc_inference_server_url: 'VDAG_ADHOC_INFERENCE_SERVER_URL',
}

function environmentOf(cluster: InfraCluster, config: InfraConfig): Record<string, string> {
  const services = Object.entries(documentedNames).flatMap(([key, name]) => {
    const value = config.services[key]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    CLUSTER_ID: cluster.id,
    GRIDGATE_GATEWAY_URL: config.gatewayUrl,
    GRIDGATE_GATEWAY_KEYS_FILE: gatewayKeysFile,
    PUBLIC_HOSTNAME: cluster.publicHostname,
    PUBLIC_SCHEME: cluster.publicScheme,
    GRIDGATE_EXPOSURE: cluster.exposure.kind,
    COLLECT_INTERVAL: String(cluster.collectIntervalSeconds),
    CLUSTER_METRICS_SERVICE_URL: `http://localhost:${ports.metrics}`,
    METRICS_DATABASE_URL: `http://${serviceHost('cluster-metrics-svc', namespaces.metrics)}:${ports.metricsDatabase}`,
    ...Object.fromEntries(services),
  }
}

function deployment(name: string, config: InfraConfig, environment: Record<string, string>): KubernetesObject {
  const digest = createHash('sha256').update(JSON.stringify(environment)).digest('hex').slice(0, 16)
  const labels = nameLabel(name)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: accounts.controller.namespace, labels: { ...labels, app: name } },
    spec: {
      replicas: 1,
      // Two controllers must not act on one cluster at a time.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, app: name }, annotations: { 'gridgate.io/config-digest': digest } },
        spec: {
          serviceAccountName: accounts.controller.name,
          automountServiceAccountToken: true,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 30,
          containers: [controller(name, config), metricsReader(name, config)],
          volumes: [gatewayKeysVolume(name), { name: 'scratch', emptyDir: { sizeLimit: '256Mi' } }],
        },
      },
    },
  }
}

const shared = (name: string, config: InfraConfig): Record<string, unknown> => ({
  image: config.images.controller,
  envFrom: [{ configMapRef: { name: `${name}-config` } }],
  volumeMounts: [gatewayKeysMount, { name: 'scratch', mountPath: '/tmp' }],
  securityContext: restrictedContainer,
})

function controller(name: string, config: InfraConfig): Record<string, unknown> {
  return {
    name: 'controller',
    ...shared(name, config),
    args: ['controller'],
    ports: [
      { name: 'controller', containerPort: ports.controller },
      { name: 'blocks', containerPort: ports.blocks },
      { name: 'management', containerPort: ports.management },
    ],
    resources: resources('100m', '512Mi', '1'),
    ...probes('controller', { ready: '/readyz', alive: '/healthz' }),
  }
}

function metricsReader(name: string, config: InfraConfig): Record<string, unknown> {
  return {
    name: 'metrics-reader',
    ...shared(name, config),
    args: ['metrics-reader'],
    ports: [{ name: 'metrics', containerPort: ports.metrics }],
    resources: resources('50m', '256Mi', '500m'),
    ...probes('metrics', { ready: '/readyz', alive: '/healthz' }),
  }
}
