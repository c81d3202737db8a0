import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { Principals } from '../iam/principals.ts'
import type { AwsRequest } from './http.ts'
import { AwsError, parseObject } from './service.ts'
import { verifySignature } from './signature.ts'

/**
 * Lets a request in when it comes from this machine, names a loopback host, and carries the signature of one who may do it.
 * @throws {AwsError} AccessDeniedException for foreign machines and host names, and for what the caller may not do; else as
 *   `verifySignature`.
 */
export function admit(
  request: IncomingMessage,
  body: Buffer,
  gone: AbortSignal,
  options: { principals?: Pick<Principals, 'find' | 'authorize'>; now?: () => number },
): AwsRequest {
  const refused = (what: string): AwsError =>
    new AwsError('AccessDeniedException', `the embedded cloud serves this machine only, not ${what}`, { status: 403 })
  const from = request.socket.remoteAddress ?? 'an unknown address'
  if (!isLoopbackAddress(from)) throw refused(from)
  const host = hostNameOf(request.headers.host ?? '')
  if (host !== 'localhost' && !isLoopbackAddress(host)) throw refused(`the host name ${host}`)

  const admitted = { method: request.method ?? 'GET', target: request.url ?? '/', headers: request.headers, body, gone }
  const { principals } = options
  if (!principals) return admitted
  const principal = verifySignature(admitted, principals.find, options.now?.() ?? Date.now())
  const target = String(request.headers['x-amz-target'] ?? '')
  principals.authorize(principal, { target, path: admitted.target, body: () => parseObject(body) })
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
