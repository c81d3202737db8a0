import { z } from 'zod'
import type { Cluster } from '../cluster/cluster.ts'
import { ExecutorId } from './executor.ts'

/** Where policies run: in the gateway's own sandbox, or on an executor (spec/decisions.md 21). */
export const ExecutionSwitch = z.object({
  mode: z.enum(['local', 'remote']),
  executor_id: z.string().nullable(),
})
export type ExecutionSwitch = z.infer<typeof ExecutionSwitch>

export const localSwitch: ExecutionSwitch = { mode: 'local', executor_id: null }

/** What a switch may be set to; a cluster's may also be taken back with null, then the network's holds. */
export const SwitchChange = z.object({
  mode: z.enum(['local', 'remote']),
  executor_id: ExecutorId.nullable().optional().describe('Needed for `remote`'),
})
export type SwitchChange = z.infer<typeof SwitchChange>
export const ClusterSwitchChange = SwitchChange.extend({
  mode: z.enum(['local', 'remote']).nullable().describe("Null takes the cluster's own switch back"),
})
export type ClusterSwitchChange = z.infer<typeof ClusterSwitchChange>

/**
 * A cluster's own switch, or null where the network's holds. It is `config.policyExecutionMode` and `config.policyExecutorId` of
 * the document: one truth, whichever way it was written. The original read them once, at infra creation; here they hold from
 * the next decision on. A mode that is neither of the two is none.
 */
export function clusterSwitch({ config }: Pick<Cluster, 'config'>): ExecutionSwitch | null {
  const { policyExecutionMode: mode, policyExecutorId } = config
  if (mode === 'remote') return { mode, executor_id: policyExecutorId ?? '' }
  return mode === 'local' ? localSwitch : null
}

/** The document's configuration under another switch. An id that stood there beside `local` stays: nothing reads it. */
export function withSwitch(config: Cluster['config'], { mode, executor_id }: ClusterSwitchChange): Cluster['config'] {
  const { policyExecutionMode: _, ...rest } = config
  if (mode === null) return rest
  return { ...rest, policyExecutionMode: mode, ...(mode === 'remote' ? { policyExecutorId: executor_id ?? '' } : {}) }
}
