import { createHash, createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export interface SignedRequest {
  method: string
  /** With query. */
  path: string
  headers: IncomingHttpHeaders
  body: string
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The access key, region and service of a request whose signature (version 4) is right; else why it is not. Written from AWS's documentation. */
export function checkSignature(
  { method, path, headers, body }: SignedRequest,
  secretOf: (accessKey: string) => string | undefined,
  alsoSigned: string[] = [],
): { accessKey: string; region: string; service: string } | { wrong: string } {
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
  const [, accessKey = '', day = '', region = '', service = '', names = '', signature] =
    found.exec(headers.authorization ?? '') ?? []
  const secret = secretOf(accessKey)
  if (secret === undefined) return { wrong: 'the access key is not known' }
  const at = String(headers['x-amz-date'])
  if (!at.startsWith(day)) return { wrong: 'the dates differ' }
  for (const needed of [
    ...alsoSigned,
    'host',
    'x-amz-date',
    ...(headers['x-amz-security-token'] ? ['x-amz-security-token'] : []),
  ])
    if (!names.split(';').includes(needed)) return { wrong: `${needed} is not signed` }
  const [pathname = '', search = ''] = path.split('?')
  const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
  const canonical = [method, pathname, search.split('&').sort().join('&'), lines.join(''), names, sha256(body)].join(
    '\n',
  )
  const scope = `${day}/${region}/${service}/aws4_request`
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`)
  const right = hmac(key, `AWS4-HMAC-SHA256\n${at}\n${scope}\n${sha256(canonical)}`).toString('hex')
  return right === signature ? { accessKey, region, service } : { wrong: 'the signature does not match' }
}
