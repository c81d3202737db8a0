import { sqsError, unsupported } from './errors.ts'
import { parseQueuePolicy } from './queue-policy.ts'

/** Attributes as SQS stores and shows them: all values are texts. */
export type Attributes = Record<string, string>

/** Most bytes of one message or of one batch: 1 MiB (SQS Developer Guide, message quotas, since August 2025). */
export const messageBytesMax = 1_048_576

interface Whole {
  from: number
  to: number
  otherwise: number
}

/** The attributes with a whole number, in seconds or bytes (SQS API, CreateQueue). */
const numbers: Readonly<Record<string, Whole>> = {
  VisibilityTimeout: { from: 0, to: 43_200, otherwise: 30 },
  DelaySeconds: { from: 0, to: 900, otherwise: 0 },
  MaximumMessageSize: { from: 1024, to: messageBytesMax, otherwise: messageBytesMax },
  MessageRetentionPeriod: { from: 60, to: 1_209_600, otherwise: 345_600 },
  ReceiveMessageWaitTimeSeconds: { from: 0, to: 20, otherwise: 0 },
}

/** The attributes with a word, and the words. */
const words: Readonly<Record<string, readonly string[]>> = {
  FifoQueue: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['messageGroup', 'queue'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
}
const fifoOnly = ['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit']
const notEmulated = ['RedriveAllowPolicy', 'KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled']

/** Where messages go that were received too often. */
export interface RedrivePolicy {
  deadLetterTargetArn: string
  maxReceiveCount: number
}

/** Receives that a redrive policy may allow. */
const receivesMax = 1000

const invalid = (name: string): Error => sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`)

/**
 * Checks attributes given for a queue; an empty value takes an attribute back, as in SetQueueAttributes.
 * @throws {AwsError} InvalidAttributeName, InvalidAttributeValue, or UnsupportedOperation for what is not emulated.
 */
export function checkAttributes(given: Attributes, isFifo: boolean): void {
  for (const [name, value] of Object.entries(given)) {
    if (notEmulated.includes(name)) throw unsupported(`queue attribute ${name}`)
    const whole = numbers[name]
    if (whole) checkWhole(name, value, whole)
    else if (words[name]) {
      if (!words[name].includes(value)) throw invalid(name)
    } else if (name === 'RedrivePolicy') {
      if (value !== '') parseRedrivePolicy(value)
    } else if (name === 'Policy') {
      if (value !== '') parseQueuePolicy(value)
    } else throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`)
    if (fifoOnly.includes(name) && !isFifo)
      throw sqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`)
  }
}

function checkWhole(name: string, value: string, bounds: Whole): void {
  const number = Number(value)
  if (!/^\d{1,9}$/.test(value) || number < bounds.from || number > bounds.to) throw invalid(name)
}

/** Reads a redrive policy; AWS takes the count as number or text. */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw invalid('RedrivePolicy')
  }
  const { deadLetterTargetArn, maxReceiveCount } = (policy ?? {}) as Record<string, unknown>
  const count = Number(maxReceiveCount)
  if (typeof deadLetterTargetArn !== 'string' || !Number.isInteger(count) || count < 1 || count > receivesMax)
    throw invalid('RedrivePolicy')
  return { deadLetterTargetArn, maxReceiveCount: count }
}

/** A whole-number attribute of a queue: what was set, or what SQS takes otherwise. */
export function numberOf(attributes: Attributes, name: keyof typeof numbers & string): number {
  return Number(attributes[name] ?? numbers[name]?.otherwise ?? 0)
}

/** All attributes that SQS shows without being asked to compute anything. */
export function withDefaults(attributes: Attributes): Attributes {
  const shown: Attributes = {}
  for (const [name, { otherwise }] of Object.entries(numbers)) shown[name] = String(otherwise)
  return { ...shown, ...attributes }
}

/** Whether order is kept within a message group. */
export const isFifo = (attributes: Attributes): boolean => attributes.FifoQueue === 'true'
