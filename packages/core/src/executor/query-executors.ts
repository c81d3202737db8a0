import type { Page, PageRequest } from '../page.ts'
import type { Needs } from '../ports.ts'
import { parseFilter } from '../query/parse-filter.ts'
import { queryList } from '../query/query-list.ts'
import type { Executor } from './executor.ts'

/**
 * The executors that match, in the order of their ids, paged like `queryPolicies`.
 * @param query in either language of `parseFilter`
 * @throws {GridError} `query.invalid`, `query.unknown_operator`, `cursor.invalid`
 */
export async function queryExecutors(
  ports: Needs<'executors'>,
  query: unknown,
  page: PageRequest,
): Promise<Page<Executor>> {
  const filter = parseFilter(query)
  const { items, nextCursor } = await queryList(
    {
      name: 'executors',
      query,
      fetch: (options) => ports.executors.list(options),
      keyOf: ({ executor }) => executor.executor_id,
      matches: ({ executor }) => filter.matches(executor),
    },
    page,
  )
  return { items: items.map(({ executor }) => executor), nextCursor }
}
