import {
  type ControllerCall,
  type ControllerClient,
  controllerAddress,
} from '@gridgate/core/controller/controller-client'
import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import { type ErrorCode, errorStatuses, GridError } from '@gridgate/core/errors'
import type { Json } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import { callClaims, gatewayName } from '@gridgate/http/signed-call'
import type { RemoteClient, RemoteReply } from '@gridgate/remote/remote-client'
import { z } from 'zod'
import type { Reroute } from './reach-controller.ts'

const timeoutMsDefault = 10_000
/** Longest wait that a caller may ask for: a function behind the API has 30 s. */
const timeoutMsMax = 25_000
/** Largest reply: the metrics of 500 nodes take 2 MB. */
const replyBytesMax = 6 * 2 ** 20

const Success = z.object({ success: z.literal(true), data: z.json() })
const Problem = z.object({
  code: z.string(),
  detail: z.string().max(2000),
  details: z.record(z.string(), z.unknown()).optional(),
})

/** The parts of the gateway that a call is made with. */
export interface ControllerClientOptions {
  remote: RemoteClient
  keys: Pick<GatewayKeys, 'sign'>
  reroute: Reroute
}

/** Calls controllers at the addresses that infra creation wrote, through the outbound guard, each call signed for itself alone. */
export function controllerClient(
  ports: Needs<'clock' | 'ids'>,
  { remote, keys, reroute }: ControllerClientOptions,
): ControllerClient {
  return {
    async call(stored, call) {
      const base = controllerAddress(stored, call.part)
      const clusterId = stored.cluster.id
      const body = call.body === undefined ? '' : JSON.stringify(call.body)
      const url = new URL(base + call.path)
      const claims = callClaims({
        issuer: gatewayName,
        audience: clusterId,
        method: call.method,
        path: pathBelow(base, url),
        body,
        at: ports.clock.now(),
        id: ports.ids.next(),
      })
      const token = await keys.sign('call', claims)
      return read(await send(remote, reroute, { clusterId, url, call, body, token }), clusterId)
    },
  }
}

/** The path as the controller sees it: an ingress takes the part's prefix off. */
function pathBelow(base: string, { pathname, search }: URL): string {
  const prefix = new URL(base).pathname.replace(/\/$/, '')
  return pathname.slice(prefix.length) + search
}

interface Outgoing {
  clusterId: string
  url: URL
  call: ControllerCall
  body: string
  token: string
}

async function send(
  remote: RemoteClient,
  reroute: Reroute,
  { clusterId, url, call, body, token }: Outgoing,
): Promise<RemoteReply> {
  const other = reroute(url)
  try {
    return await remote.send({
      url: other?.url ?? url.href,
      method: call.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(other ? { host: other.host } : {}),
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === '' ? {} : { body }),
      schemes: ['http:', 'https:'],
      bytesMax: replyBytesMax,
      timeoutMsMax: Math.min(call.timeoutMs ?? timeoutMsDefault, timeoutMsMax),
    })
  } catch (error) {
    throw translated(error, clusterId)
  }
}

function translated(error: unknown, clusterId: string): unknown {
  if (!(error instanceof GridError)) return error
  const cause = { cause: error }
  if (error.code === 'remote.too_slow')
    return new GridError('controller.too_slow', `the controller of ${clusterId} did not answer in time`, cause)
  if (error.code === 'address.refused') return error
  if (error.code === 'remote.unreachable')
    return new GridError('controller.unreachable', `the controller of ${clusterId} cannot be reached`, {
      ...cause,
      retryAfterSeconds: 10,
    })
  return new GridError('controller.failed', `the controller of ${clusterId} gave no usable reply`, cause)
}

/** The reply's data, or the controller's own error. What is not signed back is believed as far as the shape goes. */
function read({ status, bytes }: RemoteReply, clusterId: string): Json {
  const body = parse(bytes)
  const success = Success.safeParse(body)
  if (status < 300 && success.success) return success.data.data
  const problem = Problem.safeParse(body).data
  // An ingress without a controller behind it answers so, too.
  if (!problem && [502, 503, 504].includes(status))
    throw new GridError('controller.unreachable', `nothing answers for the controller of ${clusterId}`, {
      retryAfterSeconds: 10,
    })
  if (!problem || !isOurs(problem.code) || problem.code.startsWith('auth.'))
    throw new GridError('controller.failed', `the controller of ${clusterId} answered ${status}`, {
      ...(problem ? { cause: new Error(`${problem.code}: ${problem.detail}`) } : {}),
    })
  throw new GridError(problem.code, problem.detail, problem.details ? { details: problem.details } : {})
}

const isOurs = (code: string): code is ErrorCode => Object.hasOwn(errorStatuses, code)

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
