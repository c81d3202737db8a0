import { isIPv6 } from 'node:net'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { Context } from 'hono'
import { problem } from './problem.ts'

/** Seconds that the limit is for. */
const windowSeconds = 60

/**
 * Counts a request, and says in the reply's headers what is left: `RateLimit` and `RateLimit-Policy` of
 * draft-ietf-httpapi-ratelimit-headers-10.
 * @param who whose share it is taken from; nobody's is not counted
 * @throws {GridError} `rate.limited`
 */
export async function countRequest(
  ports: Partial<Needs<'rateLimiter'>>,
  who: string | null,
  headers: Record<string, string>,
): Promise<void> {
  const share = who === null ? null : await ports.rateLimiter?.take(who)
  if (!share) return
  headers['ratelimit-policy'] = `"default";q=${share.limit};w=${windowSeconds}`
  headers.ratelimit = `"default";r=${share.left};t=${share.resetSeconds}`
  if (share.isExceeded)
    throw new GridError('rate.limited', `more than ${share.limit} requests in a minute`, {
      retryAfterSeconds: share.resetSeconds,
    })
}

/** Counts the request of somebody who is not known, or not believed, by where it comes from. @throws {GridError} `rate.limited` */
export function countAddress(
  ports: Partial<Needs<'rateLimiter'>>,
  context: Context,
  kind: 'stranger' | 'refused',
  headers: Record<string, string>,
): Promise<void> {
  const address = sourceAddress(context)
  return countRequest(ports, address && `${kind} ${address}`, headers)
}

/** The reply to who asks for what is not there. No credential is looked at, so it is counted like any stranger's request. */
export async function refuseStranger(
  ports: Needs<'ids'> & Partial<Needs<'rateLimiter'>>,
  context: Context,
  refusal: GridError,
): Promise<Response> {
  const beside = {}
  const told = await countAddress(ports, context, 'stranger', beside).then(
    () => refusal,
    (limited: unknown) => limited,
  )
  const reply = problem(told, ports.ids.next())
  for (const [name, value] of Object.entries<string>(beside)) reply.headers.set(name, value)
  return reply
}

/**
 * The address that a request came from, as API Gateway or the socket tells it and no header may; null where neither does.
 * Of IPv6 it is the network: a single machine has all the addresses of one.
 */
export function sourceAddress({ env }: Context): string | null {
  const { event, incoming } = (env ?? {}) as {
    event?: { requestContext?: { http?: { sourceIp?: string }; identity?: { sourceIp?: string } } }
    incoming?: { socket?: { remoteAddress?: string } }
  }
  const { http, identity } = event?.requestContext ?? {}
  const address = http?.sourceIp ?? identity?.sourceIp ?? incoming?.socket?.remoteAddress
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? '')?.[1]
  if (mapped !== undefined || address === undefined) return mapped ?? null
  return isIPv6(address) ? networkOf(address) : address
}

/** The first four of its eight groups. */
function networkOf(address: string): string {
  const groups = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1)
  const [front = [], back] = groups.split('::').map((part) => part.split(':').filter((group) => group !== ''))
  const missing = back === undefined ? 0 : 8 - front.length - back.length
  return [...front, ...Array.from({ length: missing }, () => '0'), ...(back ?? [])].slice(0, 4).join(':')
}
