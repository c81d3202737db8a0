import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { z } from 'zod'

/** Texts above this many characters travel compressed: a Lambda payload holds 6 MB, an input and an output 8 MB each. */
const plainCharsMax = 1_000_000
/** Largest text that is unpacked, in bytes. */
const unpackedBytesMax = 32 * 2 ** 20

const Packed = z.strictObject({ gzip: z.string() })

/** The payload for a value: its JSON, compressed when it is large. */
export async function pack(value: unknown): Promise<string> {
  const text = JSON.stringify(value)
  if (text.length <= plainCharsMax) return text
  const compressed = await promisify(gzip)(text, { level: 1 })
  return JSON.stringify({ gzip: compressed.toString('base64') })
}

/** The value of a payload of `pack`, after JSON.parse. */
export async function unpack(payload: unknown): Promise<unknown> {
  const packed = Packed.safeParse(payload)
  if (!packed.success) return payload
  const bytes = await promisify(gunzip)(Buffer.from(packed.data.gzip, 'base64'), { maxOutputLength: unpackedBytesMax })
  return JSON.parse(bytes.toString())
}
