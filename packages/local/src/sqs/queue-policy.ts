import { z } from 'zod'
import { sqsError, unsupported } from './errors.ts'

/** The statements that are understood: one service may send on behalf of one resource. */
const Policy = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z
    .array(
      z.strictObject({
        Effect: z.literal('Allow'),
        Principal: z.strictObject({ Service: z.string() }),
        Action: z.literal('sqs:SendMessage'),
        Resource: z.string(),
        Condition: z.strictObject({ ArnEquals: z.strictObject({ 'aws:SourceArn': z.string() }) }),
      }),
    )
    .min(1),
})
type Policy = z.infer<typeof Policy>

/** Who sends for whom. */
export interface Sender {
  /** `events.amazonaws.com` */
  service: string
  /** ARN of the rule. */
  sourceArn: string
}

/** Reads a queue's policy. @throws {AwsError} for one that is no JSON, or says other things than are understood here */
export function parseQueuePolicy(text: string): Policy {
  const json = readJson(text)
  if (json === undefined) throw sqsError('InvalidAttributeValue', 'Invalid value for the parameter Policy.')
  const policy = Policy.safeParse(json)
  if (policy.success) return policy.data
  throw unsupported('such a queue Policy')
}

/** Claims that a queue's policy lets a service send: without a statement for it, it may not. */
export const letsSend = (policy: string | undefined, queueArn: string, { service, sourceArn }: Sender): boolean =>
  policy !== undefined &&
  parseQueuePolicy(policy).Statement.some(
    ({ Principal, Resource, Condition }) =>
      Principal.Service === service && Resource === queueArn && Condition.ArnEquals['aws:SourceArn'] === sourceArn,
  )

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
