import { appendFileSync, renameSync, statSync } from 'node:fs'
import type { Log } from '@gridgate/core/ports'

/** A log file that grows beyond this is put aside, and the one before it dropped. */
const logBytesMax = 10 * 2 ** 20

/** One JSON line per event in a file of the data folder. Failures are also told on standard error, in short. */
export function localLog(file: string): Log {
  let bytes = sizeOf(file)
  const line = (level: string, event: string, fields: Record<string, unknown> = {}): void => {
    const text = `${JSON.stringify({ ...readable(fields), at: new Date().toISOString(), level, event })}\n`
    if (bytes > logBytesMax) {
      renameSync(file, `${file}.1`)
      bytes = 0
    }
    appendFileSync(file, text, { mode: 0o600 })
    bytes += text.length
  }
  return {
    info: (event, fields) => line('info', event, fields),
    warn: (event, fields) => line('warn', event, fields),
    error: (event, fields) => line('error', event, fields),
  }
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/** Errors become name, message and place; everything else is data already. */
const readable = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? { name: value.name, message: value.message, stack: value.stack, cause: String(value.cause ?? '') }
        : value,
    ]),
  )
