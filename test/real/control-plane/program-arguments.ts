import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secretFiles } from './secrets.ts'

/** Every port that the programs listen on, all on loopback. */
export interface Ports {
  etcd: number
  etcdPeers: number
  api: number
  controllerManager: number
  scheduler: number
  kwok: number
  jobSetWebhook: number
  jobSetHealth: number
}

export const portNames: readonly (keyof Ports)[] = [
  'etcd',
  'etcdPeers',
  'api',
  'controllerManager',
  'scheduler',
  'kwok',
  'jobSetWebhook',
  'jobSetHealth',
]

/** Where a control plane lives. */
export interface Site {
  /** Its own temporary folder. */
  folder: string
  ports: Ports
  url: string
}

/** File with one JSON line a request. */
export const auditLogFile = (folder: string): string => join(folder, 'audit.log')

function writeJson(folder: string, name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

/** Data that is thrown away needs no waiting for the disk. */
export function etcdArguments({ folder, ports }: Site): string[] {
  const clients = `http://127.0.0.1:${ports.etcd}`
  const peers = `http://127.0.0.1:${ports.etcdPeers}`
  return [
    '--name=default',
    `--data-dir=${join(folder, 'etcd')}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
  ]
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', userGroups: ['system:nodes'] },
    { level: 'None', users: ['system:apiserver'] },
    { level: 'Metadata' },
  ],
}

export function apiServerArguments({ folder, ports, url }: Site): string[] {
  const file = (name: keyof typeof secretFiles): string => join(folder, secretFiles[name])
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.api}`,
    `--tls-cert-file=${file('serverCertificate')}`,
    `--tls-private-key-file=${file('serverKey')}`,
    `--client-ca-file=${file('authority')}`,
    `--token-auth-file=${file('tokens')}`,
    // As kubeadm sets it: machines join with such tokens.
    '--enable-bootstrap-token-auth=true',
    `--service-account-issuer=${url}`,
    `--service-account-key-file=${file('accountKey')}`,
    `--service-account-signing-key-file=${file('accountKey')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--advertise-address=127.0.0.1',
    // A loopback address is refused for Endpoints.
    '--endpoint-reconciler-type=none',
    '--shutdown-delay-duration=0',
    '--profiling=false',
    `--audit-policy-file=${writeJson(folder, 'audit-policy.json', auditPolicy)}`,
    `--audit-log-path=${auditLogFile(folder)}`,
  ]
}

const requestsPerSecond = 500
const requestsBurst = 1000

export function controllerManagerArguments({ folder, ports }: Site): string[] {
  const admin = join(folder, secretFiles.adminKubeconfig)
  return [
    `--kubeconfig=${admin}`,
    `--authentication-kubeconfig=${admin}`,
    `--authorization-kubeconfig=${admin}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllerManager}`,
    `--service-account-private-key-file=${join(folder, secretFiles.accountKey)}`,
    `--root-ca-file=${join(folder, secretFiles.authority)}`,
    '--controllers=*,-node-ipam-controller,-node-route-controller',
    // A node that says it is not ready is noticed at once. One that is silent counts as lost after the default of 50 s:
    // KWOK renews its leases every 10 s only.
    '--node-monitor-period=1s',
    `--kube-api-qps=${requestsPerSecond}`,
    `--kube-api-burst=${requestsBurst}`,
    '--profiling=false',
  ]
}

export function schedulerArguments({ folder, ports }: Site): string[] {
  const admin = join(folder, secretFiles.adminKubeconfig)
  const config = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    clientConnection: { kubeconfig: admin, qps: requestsPerSecond, burst: requestsBurst },
    leaderElection: { leaderElect: false },
    enableProfiling: false,
  }
  return [
    `--config=${writeJson(folder, 'scheduler.json', config)}`,
    `--authentication-kubeconfig=${admin}`,
    `--authorization-kubeconfig=${admin}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.scheduler}`,
  ]
}

/** What KWOK plays; without a stage it ends at once. */
const stages = [
  'node-initialize',
  'node-not-ready',
  'pod-ready',
  'pod-delete',
  'pod-container-running-failed',
  'pvc-provision',
  'pvc-delete',
  'pv-bind',
  'pv-delete',
]

/** KWOK plays the kubelet of every node, and the storage provider. */
export function kwokArguments({ folder, ports }: Site, programs: string): string[] {
  return [
    `--kubeconfig=${join(folder, secretFiles.adminKubeconfig)}`,
    '--manage-all-nodes=true',
    '--node-lease-duration-seconds=40',
    `--server-address=127.0.0.1:${ports.kwok}`,
    ...stages.map((name) => `--config=${join(programs, 'manifests', `${name}.yaml`)}`),
  ]
}

export function jobSetArguments({ folder, ports }: Site): string[] {
  const config = {
    apiVersion: 'config.jobset.x-k8s.io/v1alpha1',
    kind: 'Configuration',
    webhook: { host: '127.0.0.1', port: ports.jobSetWebhook, certDir: folder },
    internalCertManagement: { enable: false },
    leaderElection: { leaderElect: false },
    metrics: { bindAddress: '0' },
    health: { healthProbeBindAddress: `127.0.0.1:${ports.jobSetHealth}` },
  }
  return [
    `--config=${writeJson(folder, 'jobset.json', config)}`,
    `--kubeconfig=${join(folder, secretFiles.adminKubeconfig)}`,
    '--zap-log-level=error',
  ]
}
