import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ExecutorId } from '@gridgate/core/executor/executor'
import { z } from 'zod'

/** Most tenants whose policies run at the same time. */
const processesMaxMax = 64

/** What the Deployment tells a policy executor (packages/kube/src/components/executor.ts). */
const Environment = z.object({
  EXECUTOR_ID: ExecutorId,
  MAX_PROCESSES: z.coerce.number().int().min(1).max(processesMaxMax).default(3),
  /** A JWK set; read anew, because the ConfigMap behind it changes when the gateway's keys rotate. */
  GRIDGATE_GATEWAY_KEYS_FILE: z.string().min(1),
})

export interface ExecutorSettings {
  executorId: ExecutorId
  processesMax: number
  gatewayKeysFile: string
  /** Where the sandbox keeps its snapshot; its own place where nothing is said. */
  snapshotFolder?: string
}

/** @throws with the names of the variables that are missing or wrong */
export function readExecutorSettings(environment: Readonly<Record<string, string | undefined>>): ExecutorSettings {
  const parsed = Environment.safeParse(environment)
  if (!parsed.success)
    throw new Error(`wrong environment: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`)
  const { EXECUTOR_ID, MAX_PROCESSES, GRIDGATE_GATEWAY_KEYS_FILE } = parsed.data
  return {
    executorId: EXECUTOR_ID,
    processesMax: MAX_PROCESSES,
    gatewayKeysFile: GRIDGATE_GATEWAY_KEYS_FILE,
    // The one place in the container that can be written.
    snapshotFolder: join(tmpdir(), 'gridgate-policies'),
  }
}
