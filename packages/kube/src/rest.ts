import { GridError } from '@gridgate/core/errors'
import { fromNetwork, fromReply, isTransient, retrySeconds } from './kube-errors.ts'
import { type KubernetesObject, textAt } from './object.ts'
import type { Call, Reply, Transport } from './transport.ts'

/** Longest time for one operation with all its attempts, in ms. */
const operationMsMax = 10_000
const attemptsMax = 4
/** First pause between attempts, in ms; it doubles. */
const pauseMsFirst = 100
/** Longest `Retry-After` that is waited for inside an operation; a longer one is the workflow's to wait. */
const retryAfterSecondsMax = 3

/** A request without its deadline, which belongs to the operation. */
export type Request = Omit<Call, 'signal'>

/** Sends requests with retries, and reads their replies. `action` says in errors what was being done. */
export interface Rest {
  /** The reply, whatever its status. `busy` are the statuses that are worth another attempt. */
  send(action: string, request: Request, busy?: readonly number[]): Promise<Reply>
  /** A reply that goes on, line by line; one attempt. @throws {GridError} for every refusal */
  lines(action: string, request: Request, signal: AbortSignal): Promise<AsyncIterable<string>>
  /** The JSON of a success. @throws {GridError} for every other reply */
  json(action: string, request: Request, busy?: readonly number[]): Promise<unknown>
  /** The JSON of a success, or null for 404. */
  jsonOrNull(action: string, request: Request): Promise<unknown>
}

/**
 * Every request made here may be sent twice: reads, applies, merge patches and reviews by their nature, removals by the
 * UID they name, creations by the name they give. So transient failures are tried again, four times in 10 s at most.
 */
export function openRest(
  transport: Pick<Transport, 'send'> & Partial<Pick<Transport, 'stream'>>,
  pause: (ms: number) => Promise<void>,
): Rest {
  const send = (action: string, request: Request, busy = busyStatuses) =>
    attempts(transport, pause, { action, request, busy })
  return {
    send,
    lines: (action, request, signal) => lines(transport, action, { ...request, signal }),
    json: async (action, request, busy) => readJson(await send(action, request, busy), action),
    async jsonOrNull(action, request) {
      const reply = await send(action, request)
      return reply.status === 404 ? null : readJson(reply, action)
    },
  }
}

async function attempts(
  transport: Pick<Transport, 'send'>,
  pause: (ms: number) => Promise<void>,
  { action, request, busy }: { action: string; request: Request; busy: readonly number[] },
): Promise<Reply> {
  const signal = AbortSignal.timeout(operationMsMax)
  for (let tried = 1; ; tried++) {
    const isLast = tried === attemptsMax
    let waitMs = pauseMsFirst * 2 ** (tried - 1)
    try {
      const reply = await transport.send({ ...request, signal })
      const asked = retrySeconds(reply) ?? 0
      if (!busy.includes(reply.status) || isLast || asked > retryAfterSecondsMax) return reply
      waitMs = Math.max(waitMs, asked * 1000)
    } catch (error) {
      if (isLast || signal.aborted || !isTransient(error)) throw fromNetwork(error, action)
    }
    await pause(waitMs)
  }
}

/** Which replies say that the same request may work a little later. */
const busyStatuses: readonly number[] = [429, 500, 502, 503, 504]
/** The same for who paces its requests itself, and so wants to hear of every 429. */
export const busyUnlessThrottled: readonly number[] = busyStatuses.filter((status) => status !== 429)

async function lines(
  transport: Partial<Pick<Transport, 'stream'>>,
  action: string,
  call: Call,
): Promise<AsyncIterable<string>> {
  if (!transport.stream) throw new TypeError('this transport has no streams')
  const opened = await transport.stream(call).catch((error: unknown) => {
    throw fromNetwork(error, action)
  })
  if ('status' in opened) throw fromReply(opened, action)
  return opened
}

function readJson(reply: Reply, action: string): unknown {
  if (reply.status < 200 || reply.status > 299) throw fromReply(reply, action)
  try {
    return JSON.parse(reply.text)
  } catch (cause) {
    throw new GridError('kube.failed', `${action}: the API server's reply is not JSON`, { cause })
  }
}

/** Takes a reply as one object. @throws {GridError} `kube.failed` when it is none */
export function asObject(value: unknown, action: string): KubernetesObject {
  if (textAt(value, 'kind') === undefined || textAt(value, 'apiVersion') === undefined)
    throw new GridError('kube.failed', `${action}: the API server's reply is not an object`)
  return value as KubernetesObject
}
