import type { GatewayKeys } from '@gridgate/core/controller/gateway-keys'
import type { Needs } from '@gridgate/core/ports'
import { callClaims, gatewayName } from '@gridgate/http/signed-call'
import type { RemoteClient, RemoteReply, RemoteRequest } from '@gridgate/remote/remote-client'
import type { Reroute } from './reach-controller.ts'

/** The parts of the gateway that a signed call is made with. */
export interface SignedCaller {
  remote: RemoteClient
  keys: Pick<GatewayKeys, 'sign'>
  reroute: Reroute
}

/** One call to a program of ours. */
export interface SignedRequest {
  /** Who is to believe it. */
  audience: string
  /** Where the program answers, without a slash at the end. */
  base: string
  method: NonNullable<RemoteRequest['method']>
  /** With query, from the program's root. */
  path: string
  /** JSON text; empty for none. */
  body: string
  bytesMax: number
  timeoutMs: number
}

/**
 * Calls a program of ours through the outbound guard, signed for one audience, method, path and body (spec/decisions.md 9).
 * @throws {GridError} `address.refused` and `remote.*`
 */
export async function sendSigned(
  ports: Needs<'clock' | 'ids'>,
  { remote, keys, reroute }: SignedCaller,
  { audience, base, method, path, body, bytesMax, timeoutMs }: SignedRequest,
): Promise<RemoteReply> {
  const url = new URL(base + path)
  const claims = callClaims({
    issuer: gatewayName,
    audience,
    method,
    path: pathBelow(base, url),
    body,
    at: ports.clock.now(),
    id: ports.ids.next(),
  })
  const token = await keys.sign('call', claims)
  const other = reroute(url)
  return remote.send({
    url: other?.url ?? url.href,
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(other ? { host: other.host } : {}),
      ...(body === '' ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === '' ? {} : { body }),
    schemes: ['http:', 'https:'],
    bytesMax,
    timeoutMsMax: timeoutMs,
  })
}

/** The path as the program sees it: an ingress takes the prefix off. */
function pathBelow(base: string, { pathname, search }: URL): string {
  const prefix = new URL(base).pathname.replace(/\/$/, '')
  return pathname.slice(prefix.length) + search
}
