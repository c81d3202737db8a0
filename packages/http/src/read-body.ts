import { GridError } from '@gridgate/core/errors'

/** How much more than allowed is read and thrown away, in bytes, so that a client that is still sending gets to see its reply. */
const excessBytesMax = 16 * 2 ** 20

/**
 * Reads a body of at most `bytesMax` bytes as UTF-8 text, without trusting `Content-Length`.
 * @throws {GridError} `request.too_large`, `request.malformed_json` for bytes that are no UTF-8
 */
export async function readBody(request: Request, bytesMax: number): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax + excessBytesMax) throw tooLarge(bytesMax)
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > bytesMax + excessBytesMax) break
    if (bytes <= bytesMax) chunks.push(chunk)
  }
  if (bytes > bytesMax) throw tooLarge(bytesMax)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new GridError('request.malformed_json', 'the body is not UTF-8 text')
  }
}

const tooLarge = (bytesMax: number): GridError =>
  new GridError('request.too_large', `the body is larger than ${bytesMax} bytes`, {
    details: { bytes_max: bytesMax },
    headers: { connection: 'close' },
  })

/** Refuses a body that says it is something else than JSON. @throws {GridError} `request.media_type` */
export function requireJson(contentType: string | null): void {
  const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || /^application\/[\w.+-]+\+json$/.test(type)) return
  throw new GridError(
    'request.media_type',
    `the body must be application/json, not ${/^[\w.+/-]{1,80}$/.test(type) ? type : 'what was sent'}; send the header Content-Type: application/json`,
  )
}
