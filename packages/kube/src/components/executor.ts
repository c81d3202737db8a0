import { executorNodePort } from '@gridgate/core/executor/executor'
import type { KubernetesObject } from '../object.ts'
import { gatewayKeysFile, gatewayKeysMount, gatewayKeysObject, gatewayKeysVolume } from './gateway-keys.ts'
import type { InfraConfig } from './infra-config.ts'
import { policiesNamespace as namespace, ports } from './names.ts'
import { nameLabel, probes, resources, restrictedContainer, restrictedPod } from './workload.ts'

/** A policy executor on a cluster. */
export interface ExecutorObjects {
  readonly id: string
  /** Tenants whose policies run at the same time. */
  readonly processesMax: number
  /** API version of Ambassador's Mapping, or null on clusters without it. */
  readonly mapping: string | null
}

/** Memory of the program itself and of one tenant's process, in MiB; the second is ended by the sandbox at 450 MB. */
const programMebibytes = 256
const processMebibytes = 480

/**
 * A policy executor (spec/policies.md §6), one a cluster, because its NodePort is fixed. It needs nothing of the cluster, so it may
 * do nothing there: an account without rights whose token is not mounted, no way out, and one port in, which takes calls signed
 * by the gateway. The original's Redis is not run: nothing is queued.
 */
export function executorObjects(executor: ExecutorObjects, config: InfraConfig): KubernetesObject[] {
  const name = `executor-${executor.id}`
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace },
      automountServiceAccountToken: false,
    },
    networkPolicy(name),
    gatewayKeysObject(name, namespace, config),
    deployment(name, executor, config),
    service(name, executor.id),
    ...(executor.mapping === null ? [] : [mapping(executor.id, executor.mapping)]),
  ]
}

function networkPolicy(name: string): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: {
      podSelector: { matchLabels: nameLabel(name) },
      // No rule for egress: no way out.
      policyTypes: ['Ingress', 'Egress'],
      // Open to all, because a NodePort hides who calls: the signature decides.
      ingress: [{ ports: [{ protocol: 'TCP', port: ports.executor }] }],
    },
  }
}

function deployment(name: string, { id, processesMax }: ExecutorObjects, config: InfraConfig): KubernetesObject {
  const labels = nameLabel(name)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels: { ...labels, app: name } },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, app: name } },
        spec: {
          serviceAccountName: name,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: restrictedPod,
          // What runs may end: a wait of 15 s for a process, and a policy of 2 s.
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              name: 'policy-executor',
              image: config.images.controller,
              args: ['policy-executor'],
              env: [
                { name: 'EXECUTOR_ID', value: id },
                { name: 'MAX_PROCESSES', value: String(processesMax) },
                { name: 'GRIDGATE_GATEWAY_KEYS_FILE', value: gatewayKeysFile },
              ],
              ports: [{ name: 'rest', containerPort: ports.executor }],
              volumeMounts: [gatewayKeysMount, { name: 'scratch', mountPath: '/tmp' }],
              securityContext: restrictedContainer,
              resources: resources('250m', `${programMebibytes + processesMax * processMebibytes}Mi`, '2'),
              ...probes('rest', { ready: '/readyz', alive: '/healthz' }),
            },
          ],
          volumes: [gatewayKeysVolume(name), { name: 'scratch', emptyDir: { sizeLimit: '256Mi' } }],
        },
      },
    },
  }
}

const serviceName = (id: string): string => `executor-svc-${id}`

function service(name: string, id: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: serviceName(id), namespace },
    spec: {
      type: 'NodePort',
      selector: nameLabel(name),
      ports: [{ name: 'rest', port: ports.executor, targetPort: 'rest', protocol: 'TCP', nodePort: executorNodePort }],
    },
  }
}

/** Ambassador's route; the prefix is taken off. */
function mapping(id: string, apiVersion: string): KubernetesObject {
  return {
    apiVersion,
    kind: 'Mapping',
    metadata: { name: `executor-mapping-${id}`, namespace },
    spec: {
      ...(apiVersion.endsWith('/v2') ? { host: '*' } : { hostname: '*' }),
      prefix: `/executor/${id}/`,
      rewrite: '/',
      service: `${serviceName(id)}.${namespace}:${ports.executor}`,
      timeout_ms: 30_000,
    },
  }
}
