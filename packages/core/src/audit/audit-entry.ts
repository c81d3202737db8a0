import { z } from 'zod'
import { Role } from '../caller.ts'

/** One hash chain: of a cluster, or of the network (`cluster_id` null), and of one day in UTC. */
export const AuditChain = z.object({
  cluster_id: z.string().nullable().describe('null is the network'),
  day: z.iso.date().describe('UTC'),
})
export type AuditChain = z.infer<typeof AuditChain>

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)

/** A document that a request changed, by its digests: the text itself stays out of the log. */
export const AuditedChange = z.looseObject({
  subject: z.string().describe('what was changed, for example `cluster west-1`'),
  before_sha256: Sha256.nullable().describe('null where it was not there'),
  after_sha256: Sha256.nullable().describe('null where it is gone'),
})
export type AuditedChange = z.infer<typeof AuditedChange>

/** The last entry of a chain, as an anchor holds it. */
export const ChainHead = z.looseObject({ ...AuditChain.shape, sequence: z.number().int().min(1), sha256: Sha256 })
export type ChainHead = z.infer<typeof ChainHead>

/** What was done or refused, before it has its place in a chain. */
export const AuditFacts = z.object({
  cluster_id: AuditChain.shape.cluster_id,
  caller_id: z
    .string()
    .describe('`system:<function>` where nobody asked; `anonymous` for a delivery that its signature vouches for'),
  role: Role.nullable().describe('null for the system, and for `anonymous`'),
  operation: z.string().describe('the name of the function, for example `clusters/create`'),
  route: z.string().nullable(),
  subject: z.string().nullable().describe('the path that was asked, without its query'),
  status: z.number().int().nullable().describe('of the reply'),
  code: z.string().nullable().describe('of the error, null where there was none'),
  decision_ids: z
    .array(z.string())
    .describe('every decision of a policy that was taken, see `GET /decisions/{decision_id}`'),
  changes: z.array(AuditedChange),
  task_id: z.string().nullable().describe('of the task that was started'),
  request_id: z.string().nullable(),
  heads: z.array(ChainHead).optional().describe('in an anchor (`audit.heads`): the last entries of other chains'),
})
export type AuditFacts = z.infer<typeof AuditFacts>

/** One entry of the audit log. Its hash is over all of its other members, also those that a reader does not know. */
export const AuditEntry = z.looseObject({
  ...AuditFacts.shape,
  ...AuditChain.shape,
  at: z.iso.datetime(),
  sequence: z.number().int().min(1).describe('counts from 1 in its chain'),
  previous_sha256: Sha256.describe('of the entry before; of the first one, what follows from the chain alone'),
  sha256: Sha256.describe('over the canonical JSON of everything else'),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** The operation of an entry that anchors the heads of other chains. */
export const anchorOperation = 'audit.heads'

/** The day of a moment, in UTC. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10)
