import { z } from 'zod'
import { PageRequest } from '../page.ts'

/** A filter on the metrics of nodes, under `query` or bare beside `limit` and `cursor`. */
export const NodeQuery = PageRequest.extend({ query: z.looseObject({}).optional() })
  .loose()
  .describe('A condition or filter, under `query` or bare beside `limit` and `cursor`; {} is every node')
export type NodeQuery = z.infer<typeof NodeQuery>

/** The filter and the page of such a body. */
export function splitNodeQuery({ limit, cursor, query, ...bare }: NodeQuery): { filter: unknown; page: PageRequest } {
  return { filter: query ?? bare, page: { limit, ...(cursor === undefined ? {} : { cursor }) } }
}
