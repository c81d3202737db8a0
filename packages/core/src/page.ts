import { z } from 'zod'

export const pageLimitMax = 500
export const pageLimitDefault = 100

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
