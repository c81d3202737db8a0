import type { KubeObject, Metadata, Tree } from './object.ts'

/** The parts of the built-in kinds that controllers read, after defaults and validation (Kubernetes 1.32 API reference). */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string | undefined
  message?: string | undefined
  lastTransitionTime?: string | undefined
  lastUpdateTime?: string | undefined
  lastHeartbeatTime?: string | undefined
  observedGeneration?: number | undefined
}

export interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
  tolerationSeconds?: number
}

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: Taint[]; podCIDR?: string }
  status?: {
    capacity?: Record<string, string>
    allocatable?: Record<string, string>
    conditions?: Condition[]
    addresses?: { type: string; address: string }[]
  }
}

export interface Container {
  name: string
  image?: string
  command?: string[]
  args?: string[]
  env?: { name: string; value?: string; valueFrom?: Tree }[]
  envFrom?: { prefix?: string; configMapRef?: Reference; secretRef?: Reference }[]
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> }
  volumeMounts?: { name: string; mountPath: string; subPath?: string }[]
}

export interface Reference {
  name?: string
  optional?: boolean
}

export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
  volumes?: ({ name: string } & Tree)[]
  nodeName?: string
  nodeSelector?: Record<string, string>
  tolerations?: Toleration[]
  affinity?: Tree
  restartPolicy?: string
  serviceAccountName?: string
  hostNetwork?: boolean
  schedulingGates?: { name: string }[]
  terminationGracePeriodSeconds?: number
  hostname?: string
  subdomain?: string
}

export interface ContainerStatus {
  name: string
  image: string
  imageID: string
  ready: boolean
  started: boolean
  restartCount: number
  containerID?: string
  state: Tree
  lastState: Tree
}

export interface PodStatus {
  phase?: string
  conditions?: Condition[]
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  hostIPs?: { ip: string }[]
  startTime?: string
  reason?: string
  message?: string
  qosClass?: string
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: PodStatus
}

export interface PodTemplate {
  metadata?: Partial<Metadata>
  spec: PodSpec
}

/** What Deployment, ReplicaSet, StatefulSet, DaemonSet and Job have in common. */
export interface Workload extends KubeObject {
  spec: {
    replicas?: number
    selector: Tree
    template: PodTemplate
    paused?: boolean
    suspend?: boolean
    minReadySeconds?: number
    strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
    updateStrategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; partition?: number } }
    revisionHistoryLimit?: number
    podManagementPolicy?: string
    serviceName?: string
    volumeClaimTemplates?: (Tree & { metadata: { name: string } })[]
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
    parallelism?: number
    completions?: number
    completionMode?: string
    backoffLimit?: number
    ttlSecondsAfterFinished?: number
  }
  status?: Tree & { conditions?: Condition[] | undefined; observedGeneration?: number | undefined }
}

export interface ServicePort {
  name?: string
  protocol?: string
  port: number
  targetPort?: number | string
  nodePort?: number
}

export interface Service extends KubeObject {
  spec: {
    type?: string
    clusterIP?: string
    clusterIPs?: string[]
    selector?: Record<string, string>
    ports?: ServicePort[]
    publishNotReadyAddresses?: boolean
    externalName?: string
    externalTrafficPolicy?: string
  }
}

/** True when the pod's `Ready` condition holds. */
export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true

/** True when the pod has ended, well or badly. */
export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

/** True when the pod runs or will run: neither ended nor being removed. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !pod.metadata.deletionTimestamp

/** A status without the counts that are zero, which the API leaves out (`omitempty`). */
export const withoutZeros = (status: Tree, ...counts: readonly string[]): Tree =>
  Object.fromEntries(Object.entries(status).filter(([name, value]) => value !== 0 || !counts.includes(name)))

/** The condition of that type, or undefined. */
export const conditionOf = (object: KubeObject, type: string): Condition | undefined =>
  (object.status as { conditions?: Condition[] } | undefined)?.conditions?.find((condition) => condition.type === type)

/** The list with one condition set. The transition time stays while the status stays. */
export function withCondition(conditions: readonly Condition[] | undefined, next: Condition, now: string): Condition[] {
  const old = conditions?.find((condition) => condition.type === next.type)
  const since = old?.status === next.status ? old.lastTransitionTime : now
  const set = { ...next, lastTransitionTime: since ?? now }
  if (!old) return [...(conditions ?? []), set]
  return (conditions ?? []).map((condition) => (condition === old ? set : condition))
}
