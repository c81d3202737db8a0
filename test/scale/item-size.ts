import type { Item } from '@gridgate/storage/store'

/** Bytes of a number, whatever its digits: 21 at most; a version or a time takes fewer. */
const numberBytes = (value: number): number => Math.ceil(String(Math.abs(value)).replace('.', '').length / 2) + 1

/** What the table counts an item as ("DynamoDB item sizes and formats", DynamoDB Developer Guide): names and values. */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0)
}

function valueBytes(value: Item[string]): number {
  if (value === undefined) return 0
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value === 'number') return numberBytes(value)
  if (value instanceof Uint8Array) return value.byteLength
  if (value === null || typeof value === 'boolean') return 1
  const parts = Array.isArray(value) ? value : Object.values(value)
  const names = Array.isArray(value) ? 0 : Object.keys(value).reduce((sum, name) => sum + Buffer.byteLength(name), 0)
  return 3 + names + parts.reduce<number>((sum, part) => sum + 1 + valueBytes(part), 0)
}

/** Write units of so many bytes: one for each KB begun. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / 1024))
