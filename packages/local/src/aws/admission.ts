import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { AwsRequest } from './http.ts'
import { AwsError } from './service.ts'
import { type LocalKey, verifySignature } from './signature.ts'

/**
 * Lets a request in when it comes from this machine, names a loopback host, and carries the signature of the local key.
 * @throws {AwsError} AccessDeniedException for foreign machines and host names; else as `verifySignature`.
 */
export function admit(
  request: IncomingMessage,
  body: Buffer,
  gone: AbortSignal,
  options: { key?: LocalKey; now?: () => number },
): AwsRequest {
  const refused = (what: string): AwsError =>
    new AwsError('AccessDeniedException', `the embedded cloud serves this machine only, not ${what}`, { status: 403 })
  const from = request.socket.remoteAddress ?? 'an unknown address'
  if (!isLoopbackAddress(from)) throw refused(from)
  const host = hostNameOf(request.headers.host ?? '')
  if (host !== 'localhost' && !isLoopbackAddress(host)) throw refused(`the host name ${host}`)

  const admitted = { method: request.method ?? 'GET', target: request.url ?? '/', headers: request.headers, body, gone }
  if (options.key) verifySignature(admitted, options.key, options.now?.() ?? Date.now())
  return admitted
}

/** The name in a Host header, without port and brackets. */
const hostNameOf = (host: string): string =>
  host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()

function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '')
  return isIP(plain) === 4 ? plain.startsWith('127.') : plain === '::1'
}
