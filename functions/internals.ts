/** Functions that are not reachable over HTTP. The file is `functions/internal/<name>.ts`, it exports `handler`. */
export interface InternalRow {
  name: string
  ports: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

export const internals: readonly InternalRow[] = [
  {
    name: 'close-task',
    ports: ['tasks', 'actions', 'clusters', 'clock', 'kubeconfigs', 'log'],
    timeoutSeconds: 60,
    memoryMb: 256,
  },
  {
    name: 'sweep-tasks',
    ports: ['tasks', 'actions', 'clusters', 'workflows', 'clock', 'kubeconfigs', 'log'],
    timeoutSeconds: 300,
    memoryMb: 256,
  },
  // No ports: what a policy could reach is nothing.
  { name: 'evaluate-policy', ports: [], timeoutSeconds: 30, memoryMb: 1024 },
]
