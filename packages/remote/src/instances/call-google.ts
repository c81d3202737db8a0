import { z } from 'zod'
import {
  brokenAnswer,
  type CloudCall,
  type CloudParts,
  callCloud,
  readJson,
  refusedBy,
  throttled,
} from './cloud-call.ts'

export interface GoogleCall<Reply> extends Omit<CloudCall, 'headers' | 'body'> {
  /** Absent only for the exchange that gives the first token. */
  token?: string
  body?: { json: unknown } | { form: Record<string, string> }
  /** What is needed of the reply. */
  reply: z.ZodType<Reply>
  /** The reply that a 404 amounts to. */
  absent?: Reply
}

/** One call of a Google API. @throws {GridError} `provider.*` */
export async function callGoogle<Reply>(parts: CloudParts, given: GoogleCall<Reply>): Promise<Reply> {
  const { url, method, doing, changes } = given
  const call: CloudCall = { url, method, doing, changes, ...contentOf(given) }
  const { status, bytes } = await callCloud(parts, call)
  const content = readJson(bytes)
  if (status === 200) {
    const reply = given.reply.safeParse(content)
    if (reply.success) return reply.data
    throw brokenAnswer(call, status)
  }
  if (status === 404 && given.absent !== undefined) return given.absent
  const reason = Problem.safeParse(content).data
  if (status === 429 || throttles.has(reason)) throw throttled(call)
  if (status < 400 || status >= 500) throw brokenAnswer(call, status)
  throw refusedBy(call, refusals[reason ?? ''] ?? byStatus[status] ?? `Google refuses with ${status}`)
}

function contentOf({ token, body }: GoogleCall<unknown>): Pick<CloudCall, 'headers' | 'body'> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  if (body === undefined) return { headers }
  return 'form' in body
    ? {
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(body.form).toString(),
      }
    : { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body.json) }
}

/** Reasons that Google gives, also under 403, instead of doing anything. */
const throttles: ReadonlySet<string | undefined> = new Set(['rateLimitExceeded', 'userRateLimitExceeded'])

const refusals: Readonly<Record<string, string>> = {
  quotaExceeded: 'the quota is used up',
  accessNotConfigured: 'the project does not have the Compute API',
  resourceInUseByAnotherResource: 'something else uses the instance',
  resourceNotReady: 'the state of the instance does not allow it',
}
const byStatus: Readonly<Record<number, string>> = {
  401: 'the token is not accepted',
  403: 'the service account lacks a right',
  404: 'there is no such thing',
}

const Problem = z
  .object({ error: z.object({ errors: z.array(z.object({ reason: z.string() })).min(1) }) })
  .transform(({ error }) => error.errors[0]?.reason)
