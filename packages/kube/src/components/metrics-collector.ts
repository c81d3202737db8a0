import type { KubernetesObject } from '../object.ts'
import { accounts } from './access.ts'
import type { InfraConfig } from './infra-config.ts'
import { namespaces, ports } from './names.ts'
import { nameLabel, resources, restrictedContainer } from './workload.ts'

/** The collectors: node-exporter on every Linux node, and NVIDIA's exporter on the nodes labelled as having GPUs. */
export function metricsCollectorObjects(config: InfraConfig): KubernetesObject[] {
  return [nodeCollector(config), gpuCollector(config)]
}

function daemonSet(name: string, pod: Record<string, unknown>): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: namespaces.metrics, labels: nameLabel(name) },
    spec: {
      selector: { matchLabels: nameLabel(name) },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '20%' } },
      template: {
        metadata: { labels: nameLabel(name) },
        spec: {
          serviceAccountName: accounts.collector.name,
          automountServiceAccountToken: false,
          // A node is watched whatever keeps other pods off it.
          tolerations: [{ operator: 'Exists' }],
          ...pod,
        },
      },
    },
  }
}

const hostPath = (name: string, path: string): Record<string, unknown> => ({ name, hostPath: { path } })
const probe = (path: string, port: string): Record<string, unknown> => ({
  readinessProbe: { httpGet: { path, port }, periodSeconds: 10, timeoutSeconds: 3 },
  livenessProbe: { httpGet: { path, port }, periodSeconds: 30, timeoutSeconds: 5, failureThreshold: 6 },
})

/** Reads the host read-only and unprivileged; it shares the host's network because the interfaces are what it measures. */
function nodeCollector(config: InfraConfig): KubernetesObject {
  return daemonSet('metrics-collector', {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    hostNetwork: true,
    hostPID: true,
    securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'node-exporter',
        image: config.images.nodeExporter,
        args: [
          '--path.procfs=/host/proc',
          '--path.sysfs=/host/sys',
          '--path.rootfs=/host/root',
          // Off by default: the counts of processes and threads.
          '--collector.processes',
          `--web.listen-address=:${ports.nodeExporter}`,
        ],
        ports: [{ name: 'metrics', containerPort: ports.nodeExporter, hostPort: ports.nodeExporter }],
        volumeMounts: [
          { name: 'proc', mountPath: '/host/proc', readOnly: true },
          { name: 'sys', mountPath: '/host/sys', readOnly: true },
          { name: 'root', mountPath: '/host/root', readOnly: true, mountPropagation: 'HostToContainer' },
        ],
        resources: resources('50m', '64Mi', '250m'),
        securityContext: restrictedContainer,
        ...probe('/', 'metrics'),
      },
    ],
    volumes: [hostPath('proc', '/proc'), hostPath('sys', '/sys'), hostPath('root', '/')],
  })
}

/** NVIDIA's exporter reads the driver as root and profiles with SYS_ADMIN, as its maker prescribes. */
function gpuCollector(config: InfraConfig): KubernetesObject {
  return daemonSet('metrics-collector-gpu', {
    nodeSelector: { 'kubernetes.io/os': 'linux', ...config.gpuNodeLabel },
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'dcgm-exporter',
        image: config.images.gpuExporter,
        env: [
          { name: 'DCGM_EXPORTER_LISTEN', value: `:${ports.gpuExporter}` },
          { name: 'DCGM_EXPORTER_KUBERNETES', value: 'true' },
          { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
          { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'all' },
          { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        ],
        ports: [{ name: 'metrics', containerPort: ports.gpuExporter }],
        volumeMounts: [{ name: 'pod-resources', mountPath: '/var/lib/kubelet/pod-resources', readOnly: true }],
        resources: resources('100m', '512Mi', '500m'),
        securityContext: {
          allowPrivilegeEscalation: false,
          runAsNonRoot: false,
          runAsUser: 0,
          capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] },
        },
        ...probe('/health', 'metrics'),
      },
    ],
    volumes: [hostPath('pod-resources', '/var/lib/kubelet/pod-resources')],
  })
}
