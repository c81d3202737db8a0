import { z } from 'zod'
import { limits } from '../limits.ts'

const Log = z.string().max(limits.logBytesMax).default('')
const Header = z.union([
  z.strictObject({ ok: z.literal(true), allowed: z.boolean().optional(), log: Log }),
  z.strictObject({
    ok: z.literal(false),
    kind: z.enum(['error', 'memory', 'verdict']),
    message: z.string().max(limits.messageCharsMax),
    line: z.int().nullable(),
    log: Log,
  }),
])

/** A reply of the harness: a header and, when all went well, the payload and the context as JSON text. */
export type Reply =
  | { ok: true; allowed: boolean | undefined; log: string; payloadJson: string; contextJson: string }
  | { ok: false; kind: 'error' | 'memory' | 'verdict'; message: string; line: number | null; log: string }

/**
 * Reads what python/harness.py writes. A policy can change the harness of its own interpreter, so every part is checked;
 * null for anything that the harness would not have written.
 */
export function readReply(text: string): Reply | null {
  try {
    const [header = '', payloadJson, contextJson, ...rest] = text.split('\n')
    const parsed = Header.parse(JSON.parse(header))
    if (!parsed.ok) return payloadJson === undefined ? parsed : null
    if (payloadJson === undefined || contextJson === undefined || rest.length > 0) return null
    if (payloadJson.length > limits.outputCharsMax || contextJson.length > limits.contextCharsMax) return null
    JSON.parse(payloadJson)
    JSON.parse(contextJson)
    return { ok: true, allowed: parsed.allowed, log: parsed.log, payloadJson, contextJson }
  } catch {
    return null
  }
}
