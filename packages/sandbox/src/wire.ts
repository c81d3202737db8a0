import { z } from 'zod'
import type { HarnessFunction } from './isolate/interpreter.ts'

/** One call as it goes to the child: a line of JSON. `load` is there only after the child asked for it. */
export interface CallRequest {
  id: number
  /** Which interpreter: tenant, digest, settings and parameters, as a hash. */
  key: string
  call: Exclude<HarnessFunction, 'load'>
  /** JSON texts, handed to Python as they are. */
  parts: string[]
  wallMsMax: number
  load?: { parts: string[]; wallMsMax: number }
}

/**
 * What a child may say; anything else is hostile and ends it. A call is answered by `reply` or `died`; before that come
 * `needs: 'code'` when the interpreter is not there, and `started` for each phase, which arms the parent's own deadline.
 */
export const ChildMessage = z.union([
  z.strictObject({ id: z.int(), needs: z.literal('code') }),
  z.strictObject({ id: z.int(), started: z.enum(['load', 'call']) }),
  z.strictObject({ id: z.int(), reply: z.string(), worn: z.boolean() }),
  z.strictObject({
    id: z.int(),
    died: z.enum(['timeout', 'memory', 'crash', 'start']),
    message: z.string().max(2_000),
    worn: z.boolean(),
  }),
])
export type ChildMessage = z.infer<typeof ChildMessage>

/** What the parent tells a child at its start, as its one argument. */
export interface ChildSettings {
  snapshotFile: string
  snapshotOffset: number
  pyodideFolder: string
  pythonHeapMbMax: number
  interpretersMax: number
  processMbMax: number
  /** Keep one started interpreter in reserve while there is room for it. */
  spare: boolean
}
