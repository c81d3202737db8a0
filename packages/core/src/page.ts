import { z } from 'zod'

export const pageLimitMax = 500
export const pageLimitDefault = 100
/**
 * A page that has so many bytes of JSON takes no further entry: one has 400 KB at most, and a reply of a function 4.6 MB
 * (runtime/lambda-reply.ts).
 */
export const pageBytesMax = 4_000_000

/** `limit` and `cursor` of every list (spec/decisions.md 6). */
export const PageRequest = z.object({
  limit: z.coerce.number().int().min(1).max(pageLimitMax).default(pageLimitDefault),
  cursor: z.string().max(2048).optional(),
})
export type PageRequest = z.infer<typeof PageRequest>

/** One page of a list; `nextCursor` is null on the last one. */
export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}
