import type { Identified } from '@gridgate/core/auth/authenticator'
import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import type { Needs, Ports } from '@gridgate/core/ports'
import { type Context, Hono } from 'hono'
import type { z } from 'zod'
import { authorize, pathWithQuery, requireScope } from './authorize.ts'
import { auditMsMax, CallRecord } from './call-record.ts'
import { parseJson } from './parse-json.ts'
import { invalid, problem } from './problem.ts'
import { countAddress, countRequest, refuseStranger } from './rate-limit.ts'
import { readBody, requireJson } from './read-body.ts'
import { render } from './reply.ts'
import type { Route } from './route.ts'
import { sha256 } from './sha256.ts'
import { replyMsMax, timeFor, within } from './time-limit.ts'

/** What a handler is given: everything parsed, nothing of the transport. */
export interface EndpointRequest<Params, Query, Body> {
  params: Params
  query: Query
  body: Body
  /** The body as it came, for signatures over it. */
  text: string
  caller: Caller
  requestId: string
  /** Version of the If-Match header, or null without one. */
  ifMatch: number | null
  header(name: string): string | null
  /** How long the work may still take, in milliseconds. */
  leftMs(): number
}

/** The ports that every endpoint's edge itself uses. */
export type EdgePorts = Needs<'authenticator' | 'idempotency' | 'ids' | 'log'> & Partial<Needs<'rateLimiter' | 'audit'>>

/** A route with its handler. `app` is what a function wraps and what the local server mounts. */
export interface Endpoint<P extends object = Partial<Ports>> {
  route: Route<unknown, unknown, unknown>
  app(ports: P & EdgePorts): Hono
}

/** Joins a route with the one use case that answers it. */
export function endpoint<P extends object, Params, Query, Body>(
  route: Route<Params, Query, Body>,
  handle: (ports: P, request: EndpointRequest<Params, Query, Body>) => unknown,
): Endpoint<P> {
  return {
    route: route as Route<unknown, unknown, unknown>,
    app(ports) {
      const app = new Hono()
      const calls = [route, ...route.aliases]
      const answer = async (context: Context, allowed: readonly string[]): Promise<Response> => {
        const requestId = ports.ids.next()
        const beside = {}
        // The entry in the audit log is written within the request's time.
        const ms = Math.max(0, timeFor(context) - (route.operation === null ? 0 : auditMsMax))
        const record = new CallRecord(route as Route<unknown, unknown, unknown>)
        const call = { context, allowed, requestId, beside, record, endsAt: performance.now() + ms }
        const reply = await within(ms, respond(ports, route, handle, call)).catch((error: unknown) => {
          record.fail(error)
          if (!(error instanceof GridError) || error.code === 'request.timeout')
            ports.log.error('request.failed', { requestId, path: route.path, error })
          return problem(error, requestId, route.errorMembers)
        })
        await record.keep(ports, call, reply.status)
        for (const [name, value] of Object.entries<string>(beside)) reply.headers.set(name, value)
        return reply
      }
      // A function answers alone for what the gateway sends it; the local server has its own answer for all (fallback.ts).
      app.notFound((context) =>
        refuseStranger(ports, context, new GridError('route.not_found', 'there is nothing at this path')),
      )
      for (const { method, path } of calls) {
        const allowed = calls
          .filter((call) => call.path === path)
          .map((call) => call.method)
          .sort()
        app.on(method, honoPath(path), (context) => answer(context, allowed))
      }
      return app
    },
  }
}

/** One request on its way through an endpoint. */
interface Call {
  context: Context
  /** The methods that the endpoint takes on the path that was asked. */
  allowed: readonly string[]
  requestId: string
  /** Headers of the reply, whichever it is. */
  beside: Record<string, string>
  record: CallRecord
  /** By `performance.now()`. */
  endsAt: number
}

async function respond<P extends object, Params, Query, Body>(
  ports: P & EdgePorts,
  route: Route<Params, Query, Body>,
  handle: (ports: P, request: EndpointRequest<Params, Query, Body>) => unknown,
  call: Call,
): Promise<Response> {
  const { context, requestId, beside, record, endsAt } = call
  const raw = context.req.raw
  // A HEAD would do what an old client's GET does, and somebody only wanted to look.
  if (raw.method === 'HEAD' && route.method !== 'GET') {
    await countAddress(ports, context, 'stranger', beside)
    const allow = call.allowed.join(', ')
    throw new GridError('route.method_not_allowed', `HEAD is not offered here, only ${allow}`, { headers: { allow } })
  }
  const { bodySha256, ...caller } = await admit(ports, route, call)
  const params = parse('path', route.params, context.req.param())
  requireScope(caller, route, context)
  const query = parse('query', route.query, context.req.query())
  const text = route.body ? await readBody(raw, route.bodyBytesMax) : ''
  if (bodySha256 !== undefined && route.body && bodySha256 !== sha256(text))
    throw new GridError('auth.invalid', 'the signed call is refused: it was signed for another body')
  if (route.body && text !== '' && !route.anyMediaType) requireJson(raw.headers.get('content-type'))
  const body = route.body ? parse('body', route.body, text === '' ? undefined : await parseJson(text)) : undefined
  const request: EndpointRequest<Params, Query, Body> = {
    params,
    query,
    body: body as Body,
    text,
    caller,
    requestId,
    ifMatch: parseIfMatch(raw.headers.get('if-match'), raw.method === 'GET' || raw.method === 'HEAD'),
    header: (name) => raw.headers.get(name),
    leftMs: () => Math.max(0, endsAt - performance.now() - replyMsMax),
  }
  record.clusterId ??= route.cluster(request) ?? null
  const work = async (): Promise<Response> => render(await handle(record.over(ports), request), route, requestId)
  const key = raw.headers.get('idempotency-key')
  // Nothing is kept for callers that nobody knows yet.
  if (key === null || raw.method === 'GET' || raw.method === 'HEAD' || route.access === 'anyone') return work()
  return once(ports, route, { caller, key, path: pathWithQuery(context.req.url), text, requestId, record }, work)
}

/**
 * Tells who calls and counts the request: of callers that nobody knows, and of those that are refused, by where they come from.
 * @throws {GridError} what `authorize` throws, `rate.limited`
 */
async function admit(
  ports: EdgePorts,
  route: Parameters<typeof authorize>[1],
  { context, beside, record }: Call,
): Promise<Identified> {
  record.clusterId = context.req.param('cluster_id') ?? null
  const caller = await authorize(ports, route, context, (known) => {
    record.caller = known
  }).catch(async (error: unknown) => {
    await countAddress(ports, context, 'refused', beside)
    throw error
  })
  await (route.access === 'anyone'
    ? countAddress(ports, context, 'stranger', beside)
    : countRequest(ports, `caller ${caller.id}`, beside))
  return caller
}

function parse<Value>(where: 'body' | 'query' | 'path', schema: z.ZodType<Value>, value: unknown): Value {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw invalid(where, parsed.error)
}

/** `"3"` or `3` → 3; `*` means any version, like no header at all. An empty one matches nothing, where there is anything to guard. */
function parseIfMatch(header: string | null, isRead: boolean): number | null {
  if (header === null || header.trim() === '*' || (header.trim() === '' && isRead)) return null
  const version = /^(?:W\/)?"?(\d{1,15})"?$/.exec(header.trim())?.[1]
  if (version === undefined) throw new GridError('precondition.failed', 'If-Match is not an ETag of this service')
  return Number(version)
}

const keyPattern = /^[\x21-\x7e]{1,255}$/

/** Runs the work under its Idempotency-Key (spec/decisions.md 54): the same key gives the same answer. */
async function once(
  ports: EdgePorts,
  route: Pick<Route<unknown, unknown, unknown>, 'method' | 'path' | 'oneTimeSecret' | 'errorMembers'>,
  request: { caller: Caller; key: string; path: string; text: string; requestId: string; record: CallRecord },
  work: () => Promise<Response>,
): Promise<Response> {
  if (!keyPattern.test(request.key))
    throw new GridError('request.invalid', 'Idempotency-Key must be 1 to 255 printable characters without blanks')
  const scope = JSON.stringify([request.caller.id, route.method, route.path, request.key])
  const fingerprint = sha256(`${request.path}\n${request.text}`)
  let fresh: Response | undefined
  const recorded = await ports.idempotency.once(scope, fingerprint, async () => {
    fresh = await work().catch((error: unknown) => {
      request.record.fail(error)
      if (error instanceof GridError && error.status < 500) return problem(error, request.requestId, route.errorMembers)
      throw error
    })
    if (route.oneTimeSecret) return { status: 0, headers: {}, body: '' }
    return { status: fresh.status, headers: Object.fromEntries(fresh.headers), body: await fresh.clone().text() }
  })
  if (fresh) return fresh
  request.record.isReplay = true
  if (route.oneTimeSecret)
    throw new GridError('idempotency.not_replayable', 'this reply held a secret shown once; it is not kept')
  return new Response(recorded.body, {
    status: recorded.status,
    headers: { ...recorded.headers, 'idempotent-replayed': 'true' },
  })
}

/** `/tasks/{id}` → `/tasks/:id` */
const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1')
