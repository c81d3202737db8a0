import { invalidValue, sqsError } from './errors.ts'

/** What a receipt handle stands for: a message, and the one time that it was received. */
export interface Receipt {
  sequence: number
  receipt: string
}

/** Writes a receipt handle; opaque to callers. */
export const receiptHandle = (sequence: number, receipt: string): string =>
  Buffer.from(`${sequence} ${receipt}`).toString('base64url')

/** @throws {AwsError} ReceiptHandleIsInvalid for what no queue has handed out. */
export function readReceiptHandle(handle: string): Receipt {
  const [, sequence, receipt] = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(Buffer.from(handle, 'base64url').toString()) ?? []
  if (!sequence || !receipt)
    throw sqsError('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)
  return { sequence: Number(sequence), receipt }
}

/** The answer for a handle whose message is gone or was received again. */
export const staleHandle = (handle: string, what: string): Error => invalidValue(handle, 'ReceiptHandle', what)
