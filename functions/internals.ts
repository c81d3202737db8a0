import type { InternalRow, QueueRow } from '@gridgate/http/manifest-row'

const alarmPorts = [
  ...['failoverRules', 'alarms', 'alarmWatches', 'actions', 'clusters', 'controllers', 'failoverSettings', 'histories'],
  ...['calendar', 'summaries', 'tasks', 'workflows', 'clock', 'ids', 'log'],
  ...['policyMaps', 'policies', 'policyContexts', 'decisions', 'engine'],
]

/** Functions that are not reachable over HTTP. The file is `functions/internal/<name>.ts`, it exports `handler`. */
export const internals: readonly InternalRow[] = [
  {
    name: 'close-task',
    ports: ['tasks', 'actions', 'clusters', 'controllers', 'clock', 'kubeconfigs', 'log'],
    timeoutSeconds: 60,
    memoryMb: 256,
  },
  {
    name: 'sweep-tasks',
    ports: ['tasks', 'actions', 'clusters', 'controllers', 'workflows', 'clock', 'kubeconfigs', 'log'],
    timeoutSeconds: 300,
    memoryMb: 256,
  },
  { name: 'receive-alarm', ports: [...alarmPorts, 'alarmTrust'], timeoutSeconds: 60, memoryMb: 256 },
  { name: 'sweep-alarms', ports: alarmPorts, timeoutSeconds: 300, memoryMb: 256 },
  { name: 'bury-alarm', ports: ['deadAlarms', 'clock', 'log'], timeoutSeconds: 30, memoryMb: 256 },
  // No ports: what a policy could reach is nothing.
  { name: 'evaluate-policy', ports: [], timeoutSeconds: 30, memoryMb: 1024 },
]

/** Queues whose messages functions under `internal` handle. */
export const queues: readonly QueueRow[] = [
  { name: 'alarms', handler: 'receive-alarm', buriedBy: 'bury-alarm', visibilitySeconds: 120, receivesMax: 5 },
]
