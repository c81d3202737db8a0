import { createHash } from 'node:crypto'
import { GridError } from './errors.ts'
import type { Page } from './page.ts'

/** Longest cursor that is looked at, in characters; the same bound as in `PageRequest`. */
const charactersMax = 2048

/**
 * The opaque text that continues a list after `position` (spec/decisions.md 6).
 * It is bound to the list by a short digest, so that a cursor of another list or a made-up one is told apart; it is no secret.
 * @param list which list, for example `clusters`; with filters, the filter's digest belongs in it
 */
export function encodeCursor(list: string, position: string): string {
  return `${Buffer.from(position).toString('base64url')}.${digestOf(list, position)}`
}

/**
 * The position inside a cursor of `encodeCursor` for the same list.
 * @throws {GridError} `cursor.invalid` for anything that this list did not hand out
 */
export function decodeCursor(list: string, text: string): string {
  const [encoded, digest, ...rest] = text.length > charactersMax ? [] : text.split('.')
  if (encoded === undefined || digest === undefined || rest.length > 0) throw invalid()
  const position = Buffer.from(encoded, 'base64url').toString()
  if (encodeCursor(list, position) !== text) throw invalid()
  return position
}

/**
 * One page of a list as its readers see it: positions in the store become cursors of this list.
 * @throws {GridError} `cursor.invalid`
 */
export async function pageOf<Item>(
  list: string,
  { cursor, limit }: { cursor?: string | undefined; limit: number },
  read: (options: { after: string | null; limit: number }) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const after = cursor === undefined ? null : decodeCursor(list, cursor)
  const { items, nextCursor } = await read({ after, limit })
  return { items, nextCursor: nextCursor === null ? null : encodeCursor(list, nextCursor) }
}

const digestOf = (list: string, position: string): string =>
  createHash('sha256').update(`${list}\n${position}`).digest('base64url').slice(0, 12)

const invalid = (): GridError => new GridError('cursor.invalid', 'the cursor is not one that this list gave out')
