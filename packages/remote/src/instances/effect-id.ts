import { createHash } from 'node:crypto'

/** RFC 9562's name space of URLs. */
const nameSpace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

/** The same UUID (version 5) for the same key: how a provider sees that an order came before. */
export function effectId(key: string): string {
  const hash = createHash('sha1').update(nameSpace).update(`gridgate:${key}`).digest().subarray(0, 16)
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6)
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8)
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
