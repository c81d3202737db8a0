import { type ControllerClient, controllerAddress } from '@gridgate/core/controller/controller-client'
import { type ErrorCode, errorStatuses, GridError } from '@gridgate/core/errors'
import type { Json } from '@gridgate/core/json'
import type { Needs } from '@gridgate/core/ports'
import type { RemoteReply } from '@gridgate/remote/remote-client'
import { z } from 'zod'
import { type SignedCaller, type SignedRequest, sendSigned } from './send-signed.ts'

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

/** Calls controllers at the addresses that infra creation wrote, through the outbound guard, each call signed for itself alone. */
export function controllerClient(ports: Needs<'clock' | 'ids'>, caller: SignedCaller): ControllerClient {
  return {
    async call(stored, { part, method, path, body, timeoutMs = timeoutMsDefault }) {
      const clusterId = stored.cluster.id
      const request: SignedRequest = {
        audience: clusterId,
        base: controllerAddress(stored, part),
        method,
        path,
        body: body === undefined ? '' : JSON.stringify(body),
        bytesMax: replyBytesMax,
        timeoutMs: Math.min(timeoutMs, timeoutMsMax),
      }
      const reply = await sendSigned(ports, caller, request).catch((error: unknown) => {
        throw translated(error, clusterId)
      })
      return read(reply, clusterId)
    },
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
