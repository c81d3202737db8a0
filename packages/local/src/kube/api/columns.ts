import { at, isTree, type KubeObject, numberAt, textAt, treeAt, treesAt } from '../object.ts'
import { conditionOf, type Node, type Pod, type Service, type Workload } from '../shapes.ts'

/** One column of a table. */
export interface Column {
  name: string
  type: string
  format: string
  /** 1: shown by `-o wide` only. */
  priority: number
  cell: (object: KubeObject, now: number) => unknown
}

type Cell = Column['cell']

const none = '<none>'
const column = (name: string, cell: Cell, type = 'string'): Column => ({
  name,
  type,
  format: name === 'Name' ? 'name' : '',
  priority: 0,
  cell,
})
const wide = (name: string, cell: Cell): Column => ({ ...column(name, cell), priority: 1 })
const path = (name: string, ...members: string[]): Column =>
  column(name, (object) => textAt(object, ...members) || none)
const count = (name: string, ...members: string[]): Column =>
  column(name, (object) => numberAt(object, 0, ...members), 'integer')

const nameColumn = column('Name', (object) => object.metadata.name)
const ageColumn = column('Age', (object, now) => ageText(object.metadata.creationTimestamp, now))

/** The columns of a kind; name and age for kinds without columns of their own. */
export function columnsOf(kind: string): readonly Column[] {
  return columns[kind] ?? [nameColumn, ageColumn]
}

/** How long ago a time was, in the two largest units, as kubectl writes it. */
export function ageText(time: string, now: number): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000)
  if (!Number.isFinite(seconds)) return '<unknown>'
  if (seconds < 120) return `${Math.max(0, seconds)}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  return days < 8 && hours % 24 > 0 ? `${days}d${hours % 24}h` : `${days}d`
}

const keys = (object: KubeObject, ...members: string[]): number => Object.keys(treeAt(object, ...members)).length
const selectorText = (value: unknown): string => {
  const labels = isTree(value) && isTree(value.matchLabels) ? value.matchLabels : isTree(value) ? value : {}
  return (
    Object.entries(labels)
      .filter(([, text]) => typeof text === 'string')
      .map(([key, text]) => `${key}=${String(text)}`)
      .join(',') || none
  )
}
const containers =
  (member: 'name' | 'image'): Cell =>
  (object) =>
    treesAt(object, 'spec', 'template', 'spec', 'containers')
      .map((each) => textAt(each, member))
      .join(',')
const workload = [
  wide('Containers', containers('name')),
  wide('Images', containers('image')),
  wide('Selector', (object) => selectorText(at(object, 'spec', 'selector'))),
]

function podStatus(object: KubeObject): string {
  const pod = object as Pod
  if (pod.metadata.deletionTimestamp) return 'Terminating'
  for (const status of pod.status?.containerStatuses ?? []) {
    const reason = textAt(status.state, 'waiting', 'reason') || textAt(status.state, 'terminated', 'reason')
    if (reason) return reason
  }
  return pod.status?.reason ?? pod.status?.phase ?? 'Unknown'
}

function nodeStatus(object: KubeObject): string {
  const node = object as Node
  const ready = conditionOf(node, 'Ready')
  const state = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return node.spec?.unschedulable ? `${state},SchedulingDisabled` : state
}

const roles = (object: KubeObject): string =>
  Object.keys(object.metadata.labels ?? {})
    .filter((label) => label.startsWith('node-role.kubernetes.io/'))
    .map((label) => label.slice('node-role.kubernetes.io/'.length))
    .join(',') || none

const address =
  (type: string): Cell =>
  (object) =>
    (object as Node).status?.addresses?.find((each) => each.type === type)?.address ?? none

const servicePorts = (object: KubeObject): string =>
  ((object as Service).spec.ports ?? [])
    .map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`)
    .join(',') || none

const jobStatus = (object: KubeObject): string => {
  if (conditionOf(object, 'Complete')?.status === 'True') return 'Complete'
  if (conditionOf(object, 'Failed')?.status === 'True') return 'Failed'
  return (object as Workload).spec.suspend ? 'Suspended' : 'Running'
}

const readyOf =
  (ready: string): Cell =>
  (object) =>
    `${numberAt(object, 0, 'status', ready)}/${numberAt(object, 0, 'spec', 'replicas')}`

const roleRef: Cell = (object) => `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`
const subjects =
  (kind: string): Cell =>
  (object) =>
    treesAt(object, 'subjects')
      .filter((each) => each.kind === kind)
      .map((each) => (each.namespace ? `${String(each.namespace)}/${String(each.name)}` : String(each.name)))
      .join(', ')
const binding = [
  nameColumn,
  column('Role', roleRef),
  ageColumn,
  wide('Users', subjects('User')),
  wide('Groups', subjects('Group')),
  wide('ServiceAccounts', subjects('ServiceAccount')),
]
const created = column('Created At', (object) => object.metadata.creationTimestamp)

const columns: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [nameColumn, path('Status', 'status', 'phase'), ageColumn],
  Node: [
    nameColumn,
    column('Status', nodeStatus),
    column('Roles', roles),
    ageColumn,
    path('Version', 'status', 'nodeInfo', 'kubeletVersion'),
    wide('Internal-IP', address('InternalIP')),
    wide('External-IP', address('ExternalIP')),
    wide('OS-Image', (object) => textAt(object, 'status', 'nodeInfo', 'osImage') || '<unknown>'),
    wide('Kernel-Version', (object) => textAt(object, 'status', 'nodeInfo', 'kernelVersion') || '<unknown>'),
    wide(
      'Container-Runtime',
      (object) => textAt(object, 'status', 'nodeInfo', 'containerRuntimeVersion') || '<unknown>',
    ),
  ],
  Pod: [
    nameColumn,
    column('Ready', (object) => {
      const statuses = (object as Pod).status?.containerStatuses ?? []
      return `${statuses.filter((each) => each.ready).length}/${(object as Pod).spec.containers.length}`
    }),
    column('Status', podStatus),
    column('Restarts', (object) =>
      ((object as Pod).status?.containerStatuses ?? []).reduce((sum, each) => sum + each.restartCount, 0),
    ),
    ageColumn,
    wide('IP', (object) => (object as Pod).status?.podIP ?? none),
    wide('Node', (object) => (object as Pod).spec.nodeName ?? none),
    wide('Nominated Node', () => none),
    wide('Readiness Gates', () => none),
  ],
  Deployment: [
    nameColumn,
    column('Ready', readyOf('readyReplicas')),
    count('Up-to-date', 'status', 'updatedReplicas'),
    count('Available', 'status', 'availableReplicas'),
    ageColumn,
    ...workload,
  ],
  ReplicaSet: [
    nameColumn,
    count('Desired', 'spec', 'replicas'),
    count('Current', 'status', 'replicas'),
    count('Ready', 'status', 'readyReplicas'),
    ageColumn,
    ...workload,
  ],
  StatefulSet: [nameColumn, column('Ready', readyOf('readyReplicas')), ageColumn, ...workload.slice(0, 2)],
  DaemonSet: [
    nameColumn,
    count('Desired', 'status', 'desiredNumberScheduled'),
    count('Current', 'status', 'currentNumberScheduled'),
    count('Ready', 'status', 'numberReady'),
    count('Up-to-date', 'status', 'updatedNumberScheduled'),
    count('Available', 'status', 'numberAvailable'),
    column('Node Selector', (object) => selectorText(at(object, 'spec', 'template', 'spec', 'nodeSelector'))),
    ageColumn,
    ...workload,
  ],
  Job: [
    nameColumn,
    column('Status', jobStatus),
    column(
      'Completions',
      (object) => `${numberAt(object, 0, 'status', 'succeeded')}/${numberAt(object, 1, 'spec', 'completions')}`,
    ),
    column('Duration', (object, now) => {
      const started = textAt(object, 'status', 'startTime')
      const ended = textAt(object, 'status', 'completionTime')
      return started ? ageText(started, ended ? Date.parse(ended) : now) : ''
    }),
    ageColumn,
    ...workload,
  ],
  Service: [
    nameColumn,
    path('Type', 'spec', 'type'),
    path('Cluster-IP', 'spec', 'clusterIP'),
    column('External-IP', (object) => textAt(object, 'spec', 'externalName') || none),
    column('Port(s)', servicePorts),
    ageColumn,
    wide('Selector', (object) => selectorText(at(object, 'spec', 'selector'))),
  ],
  ConfigMap: [
    nameColumn,
    column('Data', (object) => keys(object, 'data') + keys(object, 'binaryData'), 'integer'),
    ageColumn,
  ],
  Secret: [nameColumn, path('Type', 'type'), column('Data', (object) => keys(object, 'data'), 'integer'), ageColumn],
  ServiceAccount: [nameColumn, column('Secrets', (object) => treesAt(object, 'secrets').length, 'integer'), ageColumn],
  Event: [
    column('Last Seen', (object, now) =>
      ageText(textAt(object, 'lastTimestamp') || object.metadata.creationTimestamp, now),
    ),
    path('Type', 'type'),
    path('Reason', 'reason'),
    column(
      'Object',
      (object) =>
        `${textAt(object, 'involvedObject', 'kind').toLowerCase()}/${textAt(object, 'involvedObject', 'name')}`,
    ),
    path('Message', 'message'),
    wide('Name', (object) => object.metadata.name),
  ],
  PersistentVolumeClaim: [
    nameColumn,
    path('Status', 'status', 'phase'),
    column('Volume', (object) => textAt(object, 'spec', 'volumeName')),
    column('Capacity', (object) => textAt(object, 'status', 'capacity', 'storage')),
    column('Access Modes', (object) => (at(object, 'status', 'accessModes') ? 'RWO' : '')),
    path('StorageClass', 'spec', 'storageClassName'),
    ageColumn,
  ],
  PodDisruptionBudget: [
    nameColumn,
    column('Min Available', (object) => String(at(object, 'spec', 'minAvailable') ?? 'N/A')),
    column('Max Unavailable', (object) => String(at(object, 'spec', 'maxUnavailable') ?? 'N/A')),
    count('Allowed Disruptions', 'status', 'disruptionsAllowed'),
    ageColumn,
  ],
  Role: [nameColumn, created],
  ClusterRole: [nameColumn, created],
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  CustomResourceDefinition: [nameColumn, created],
  Lease: [nameColumn, path('Holder', 'spec', 'holderIdentity'), ageColumn],
  StorageClass: [
    nameColumn,
    path('Provisioner', 'provisioner'),
    path('ReclaimPolicy', 'reclaimPolicy'),
    path('VolumeBindingMode', 'volumeBindingMode'),
    ageColumn,
  ],
  Endpoints: [
    nameColumn,
    column(
      'Endpoints',
      (object) =>
        treesAt(object, 'subsets')
          .flatMap((subset) =>
            treesAt(subset, 'addresses').flatMap((one) =>
              treesAt(subset, 'ports').map((port) => `${textAt(one, 'ip')}:${String(port.port)}`),
            ),
          )
          .join(',') || none,
    ),
    ageColumn,
  ],
  NetworkPolicy: [
    nameColumn,
    column('Pod-Selector', (object) => selectorText(at(object, 'spec', 'podSelector'))),
    ageColumn,
  ],
}
