import { type Assembly, emptyAssembly } from './assemble.ts'
import { type Aggregation, figureGroups } from './figures.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** As the database does it for the moments of which we remember nothing. */
const combine: Readonly<Record<Aggregation, (values: readonly number[]) => number>> = {
  sum,
  avg: (values) => sum(values) / values.length,
  max: (values) => values.reduce((largest, value) => Math.max(largest, value)),
  min: (values) => values.reduce((smallest, value) => Math.min(smallest, value)),
}

/** The figures of all these nodes together, each by its own aggregation over the nodes that have it. */
export function addUp(nodes: readonly Assembly[]): Assembly {
  const totals = emptyAssembly()
  for (const { path, over } of figureGroups.flat()) {
    const values = nodes.flatMap(({ figures }) => figures.get(path) ?? [])
    if (values.length > 0) totals.figures.set(path, combine[over](values))
  }
  return totals
}
