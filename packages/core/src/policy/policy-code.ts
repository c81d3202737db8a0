import { createHash } from 'node:crypto'
import { GridError } from '../errors.ts'
import type { PolicyCode } from './engine.ts'

/** Largest code as it is given, compressed where it is an archive (spec/decisions.md 18). */
export const codeBytesMax = 256 * 1024

/** What the `code` of a policy is: code to pin at once, or where to fetch it. */
export type GivenCode = { kind: 'pinned'; code: PolicyCode } | { kind: 'url'; url: string }

/**
 * Tells Python source, archives and https URLs apart (spec/decisions.md 18). Paths on the host and other schemes are refused
 * (spec/errors-and-gaps.md 3).
 * @throws {GridError} `policy.invalid_code`, `request.too_large`
 */
export function readGivenCode(text: string): GivenCode {
  const trimmed = text.trim()
  if (/^https:\/\/\S+$/i.test(trimmed)) return { kind: 'url', url: trimmed }
  if (/^data:/i.test(trimmed)) return pinned(fromDataUrl(trimmed))
  const archive = fromBase64(trimmed)
  if (archive && isArchive(archive)) return pinned(archive)
  if (text.includes('\n')) return pinned(Buffer.from(text))
  throw new GridError('policy.invalid_code', whyNot(trimmed))
}

/**
 * Code as it is pinned: an archive by its first bytes, otherwise UTF-8 source. The digest is that of the bytes.
 * @throws {GridError} `policy.invalid_code`, `request.too_large`
 */
export function toPolicyCode(bytes: Uint8Array): PolicyCode {
  if (bytes.byteLength > codeBytesMax)
    throw new GridError('request.too_large', `policy code is at most ${codeBytesMax} bytes`, {
      details: { bytes_max: codeBytesMax },
    })
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (isArchive(bytes)) return { digest, kind: 'archive', data: Buffer.from(bytes).toString('base64') }
  return { digest, kind: 'source', data: decode(bytes) }
}

const pinned = (bytes: Uint8Array): GivenCode => ({ kind: 'pinned', code: toPolicyCode(bytes) })

/** zip, gzip and xz; a bare tar is not offered. */
const magics = [Buffer.from('504b0304', 'hex'), Buffer.from('1f8b', 'hex'), Buffer.from('fd377a585a00', 'hex')]
const isArchive = (bytes: Uint8Array): boolean =>
  magics.some((magic) => magic.equals(bytes.subarray(0, magic.byteLength)))

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new GridError('policy.invalid_code', 'the code is neither an archive (zip, tar.gz, tar.xz) nor UTF-8 source')
  }
}

function fromDataUrl(url: string): Uint8Array {
  const comma = url.indexOf(',')
  const isBase64 = /;base64$/i.test(url.slice(0, Math.max(comma, 0)))
  const bytes = isBase64 ? fromBase64(url.slice(comma + 1)) : null
  if (bytes) return bytes
  throw new GridError('policy.invalid_code', 'a data: URL of policy code must be base64')
}

/** Bytes of base64 text, which may be wrapped in lines; null when it is no base64. */
function fromBase64(text: string): Uint8Array | null {
  const joined = text.replaceAll(/\s+/g, '')
  if (joined === '' || joined.length % 4 === 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(joined)) return null
  return Buffer.from(joined, 'base64')
}

function whyNot(text: string): string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]
  if (scheme) return `code cannot be fetched by ${scheme.toLowerCase()}; use an https URL`
  if (/^(\.{0,2}[/\\]|~|[A-Za-z]:\\)/.test(text)) return 'code is a path on the host, which is never read'
  return 'code must be Python source of more than one line, a base64 or data: archive (zip, tar.gz, tar.xz), or an https URL'
}
