/** User and group that every part of ours without special needs runs as: `nobody` of most images. */
const unprivilegedUser = 65_534

/** Security context of a pod that needs nothing: passes the `restricted` Pod Security Standard. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: unprivilegedUser,
  runAsGroup: unprivilegedUser,
  fsGroup: unprivilegedUser,
  seccompProfile: { type: 'RuntimeDefault' },
} as const

/** Security context of a container that needs nothing. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const

/** Requests and limits; memory is both, so that a part that grows is ended before its neighbours suffer. */
export function resources(cpu: string, memory: string, cpuMax: string): Record<string, unknown> {
  return { requests: { cpu, memory }, limits: { cpu: cpuMax, memory } }
}

/** Readiness and liveness by HTTP on one port. Slow starts are the start-up probe's: 5 minutes at most. */
export function probes(port: string, paths: { ready: string; alive: string }): Record<string, unknown> {
  const at = (path: string): Record<string, unknown> => ({ httpGet: { path, port } })
  return {
    startupProbe: { ...at(paths.alive), periodSeconds: 5, failureThreshold: 60 },
    readinessProbe: { ...at(paths.ready), periodSeconds: 5, timeoutSeconds: 3 },
    livenessProbe: { ...at(paths.alive), periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  }
}

/** The label by which Services and policies find the pods of one part. */
export const nameLabel = (name: string): Record<string, string> => ({ 'app.kubernetes.io/name': name })
