import { createHash } from 'node:crypto'
import type { Caller } from '../caller.ts'
import { decodeCursor, encodeCursor } from '../cursor.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { parseFilter } from '../query/parse-filter.ts'
import { isVisible } from './own-policy.ts'
import type { Policy } from './policy.ts'

/** Policies that one page looks at before it gives back what it has (spec/decisions.md 15). */
const lookedAtMax = 5000
/** Policies that are fetched at a time. */
const fetchedMax = 100
/** Entries of one page, in characters of JSON: a function's reply holds 6 MB. */
const pageCharactersMax = 4_500_000

/**
 * The policies that the caller may see and that match, in the order of their URIs. Inline code is not repeated in lists:
 * `code` is then `sha256:` and the digest. A page may hold fewer than were asked for, even none, while there is a next one.
 * @param query in either language of `parseFilter`
 * @throws {GridError} `query.invalid`, `query.unknown_operator`, `cursor.invalid`
 */
export async function queryPolicies(
  ports: Needs<'policies'>,
  query: unknown,
  page: PageRequest,
  caller: Caller,
): Promise<Page<Policy>> {
  const filter = parseFilter(query)
  const list = `policies ${createHash('sha256').update(JSON.stringify(query)).digest('hex')}`
  const items: Policy[] = []
  let characters = 0
  let lookedAt = 0
  let after = page.cursor === undefined ? null : decodeCursor(list, page.cursor)
  for (;;) {
    const found = await ports.policies.list({ after, limit: fetchedMax })
    for (const [index, { policy }] of found.items.entries()) {
      after = policy.policy_rule_uri
      lookedAt += 1
      if (isVisible(caller, policy) && filter.matches(policy)) {
        items.push(policy)
        characters += JSON.stringify(policy).length
      }
      const isFull = items.length >= page.limit || characters >= pageCharactersMax || lookedAt >= lookedAtMax
      const isLast = found.nextCursor === null && index === found.items.length - 1
      if (isFull && !isLast) return { items, nextCursor: encodeCursor(list, after) }
    }
    if (found.nextCursor === null) return { items, nextCursor: null }
  }
}
