import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from './service.ts'

/** A key of the embedded cloud. */
export interface LocalKey {
  accessKeyId: string
  secretAccessKey: string
}

/** What the signature of a request covers. */
export interface SignedRequest {
  method: string
  /** Path and query as sent. */
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
}

/** How far the clocks of caller and service may differ, in milliseconds (AWS: 15 minutes). */
const skewMsMax = 15 * 60_000

const denied = (code: string, message: string): AwsError => new AwsError(code, message, { status: 403 })

/**
 * Verifies the Signature Version 4 of a request ("AWS Signature Version 4 for API requests", IAM User Guide), and gives
 * whose it is.
 * @throws {AwsError} MissingAuthenticationTokenException, IncompleteSignatureException, UnrecognizedClientException
 *   (an unknown key) or InvalidSignatureException (wrong secret, altered request, or a time too far from `now`).
 */
export function verifySignature<Signer extends { key: LocalKey }>(
  request: SignedRequest,
  find: (accessKeyId: string) => Signer | null,
  now: number,
): Signer {
  const claim = parseAuthorization(request.headers.authorization)
  const signer = find(claim.accessKeyId)
  if (!signer) throw denied('UnrecognizedClientException', 'The security token included in the request is invalid.')

  const time = String(request.headers['x-amz-date'] ?? '')
  if (Math.abs(signingTime(time) - now) > skewMsMax || !time.startsWith(claim.date))
    throw denied('InvalidSignatureException', `Signature expired or not yet current: ${time}`)

  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonicalRequest(request, claim.signedHeaders))].join('\n')
  const dateKey = hmac(`AWS4${signer.key.secretAccessKey}`, claim.date)
  const signingKey = hmac(hmac(hmac(dateKey, claim.region), claim.service), 'aws4_request')
  if (!equalTexts(hmac(signingKey, text).toString('hex'), claim.signature))
    throw denied('InvalidSignatureException', 'The request signature we calculated does not match the one provided.')
  return signer
}

interface Claim {
  accessKeyId: string
  date: string
  region: string
  service: string
  signedHeaders: string[]
  signature: string
}

const authorizationForm =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([^,\s]+), *Signature=([0-9a-f]{64})$/

function parseAuthorization(header: string | undefined): Claim {
  if (!header) throw denied('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [, accessKeyId, date, region, service, names, signature] = authorizationForm.exec(header) ?? []
  if (!accessKeyId || !date || !region || !service || !names || !signature)
    throw denied('IncompleteSignatureException', 'The Authorization header is not a Signature Version 4.')
  const signedHeaders = names.split(';')
  if (!signedHeaders.includes('host') || !signedHeaders.includes('x-amz-date'))
    throw denied('InvalidSignatureException', "'host' and 'x-amz-date' must be signed headers.")
  return { accessKeyId, date, region, service, signedHeaders, signature }
}

/** The time of an `x-amz-date` header, such as 20300101T000000Z; NaN never passes the comparison with the limit. */
function signingTime(text: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(time)) throw denied('IncompleteSignatureException', 'The x-amz-date header is missing or malformed.')
  return time
}

function canonicalRequest(request: SignedRequest, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = request.target.split(/\?(.*)/s)
  const headers = signedHeaders.map((name) => {
    const value = request.headers[name]
    const text = Array.isArray(value) ? value.join(',') : (value ?? '')
    return `${name}:${text.trim().replace(/\s+/g, ' ')}\n`
  })
  return [
    request.method,
    path.split('/').map(encode).join('/'),
    canonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

function canonicalQuery(query: string): string {
  return [...new URLSearchParams(query.replaceAll('+', '%2B'))]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

/** Percent-encodes all but RFC 3986's unreserved characters. A path is encoded a second time, as sent by the caller. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
const equalTexts = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
