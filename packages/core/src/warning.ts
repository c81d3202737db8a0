import { z } from 'zod'

/** Something noteworthy that did not stop the request (spec/decisions.md 1). */
export const Warning = z.object({
  code: z.string(),
  detail: z.string(),
  pointer: z.string().optional().describe('JSON pointer into the request body'),
})
export type Warning = z.infer<typeof Warning>
