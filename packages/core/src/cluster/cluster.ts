import { z } from 'zod'

/** A lower-case DNS label of at most 48 characters, because suffixes are added to it (spec/decisions.md 11). */
export const ClusterId = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,46}[a-z0-9])?$/, 'must be a lower-case DNS label of at most 48 characters')
  .brand('ClusterId')
export type ClusterId = z.infer<typeof ClusterId>

export const Cluster = z.looseObject({ id: ClusterId })
export type Cluster = z.infer<typeof Cluster>
