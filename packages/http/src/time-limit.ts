import { GridError } from '@gridgate/core/errors'
import type { Context } from 'hono'

/** Longest time for a request, in milliseconds: API Gateway gives up after 30 s with a bare 503, and a cold start is in them. */
export const requestMsMax = 27_000
/** Kept of a request's time for the reply, in milliseconds. */
export const replyMsMax = 1_500

/** How long this request may take: less where its function has less time left. */
export function timeFor({ env }: Context): number {
  const { lambdaContext } = (env ?? {}) as { lambdaContext?: { getRemainingTimeInMillis?: () => number } }
  const remaining = lambdaContext?.getRemainingTimeInMillis?.() ?? Number.POSITIVE_INFINITY
  return Math.max(0, Math.min(requestMsMax, remaining - replyMsMax))
}

/** Gives up waiting for work that takes too long; it may go on. @throws {GridError} `request.timeout` */
export async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(timeout(ms)), ms)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

const timeout = (ms: number): GridError =>
  new GridError('request.timeout', `no answer within ${Math.round(ms / 1000)} s; what was begun may still take effect`)
