import { AwsError, type JsonObject } from '../../aws/service.ts'

/** What a page token carries: the listing it belongs to and the place after which the next page begins. */
interface PageToken {
  of: string
  after: number
}

/**
 * Reads `nextToken`; null at the first page.
 * @param of names the listing with its filters: a token of another one is refused
 * @throws {AwsError} InvalidToken
 */
export function readToken(token: string | undefined, of: string): number | null {
  if (token === undefined) return null
  try {
    const value = JSON.parse(Buffer.from(token, 'base64').toString()) as PageToken
    if (value.of === of && Number.isSafeInteger(value.after)) return value.after
  } catch {
    // Not one of ours: refused below.
  }
  throw new AwsError('InvalidToken', "Invalid Token: 'Invalid token'")
}

/** `nextToken` of a page that was read with one row more than its size, absent on the last page. */
export function cutPage<T>(
  rows: T[],
  size: number,
  of: string,
  place: (row: T) => number,
): { page: T[]; next: JsonObject } {
  const page = rows.slice(0, size)
  const last = page.at(-1)
  if (rows.length <= size || last === undefined) return { page, next: {} }
  const token: PageToken = { of, after: place(last) }
  return { page, next: { nextToken: Buffer.from(JSON.stringify(token)).toString('base64') } }
}
