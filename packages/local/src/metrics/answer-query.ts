/** What a node says of itself: the documented figures by their paths, and those of each GPU. */
export interface NodeSamples {
  id: string
  /** Unix seconds of the last sample. */
  at: number
  figures: Readonly<Record<string, number>>
  gpus: readonly Readonly<Record<string, number>>[]
}

export interface Answer {
  metric: Record<string, string>
  value: number
}

/** What is known of a cluster's nodes at a moment, in Unix seconds. */
export type SamplesAt = (clusterId: string, moment: number) => readonly NodeSamples[]

const combine: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
}

/**
 * Answers the questions of the metrics reader, and no others: it knows them by the figures they name, and reads no MetricsQL.
 * @returns null for any other query
 */
export function answerQuery(query: string, moment: number, samplesAt: SamplesAt): Answer[] | null {
  const seen = /^max by \(node_id\) \(tlast_over_time\(node_load1\{cluster_id=("[^}]*")\}\[(\d+)s\]\)\)$/.exec(query)
  if (seen) {
    const [, clusterId = '""', window = '0'] = seen
    return recent(samplesAt(JSON.parse(clusterId) as string, moment), moment, Number(window)).map(({ id, at }) => ({
      metric: { node_id: id },
      value: at,
    }))
  }
  const asked =
    /^WITH \(\s+of = \{cluster_id=("[^}]*?")(?:, node_id=~("[^}]*"))?\},\s+last\(m\) = last_over_time\(m\[(\d+)s\]\)/.exec(
      query,
    )
  if (!asked) return null
  const [, clusterId = '""', ids, window = '0'] = asked
  const wanted = ids === undefined ? null : new RegExp(`^(?:${JSON.parse(ids) as string})$`)
  const nodes = recent(samplesAt(JSON.parse(clusterId) as string, moment), moment, Number(window))
  const scope = nodes.filter(({ id }) => wanted?.test(id) ?? true)
  return [...query.matchAll(/(?:(sum|avg|max|min) by \(key\) \()|, "key", "([\w.]+)"\)/g)].reduce<Reading>(
    ({ over, answers }, [, aggregation, path]) =>
      path === undefined
        ? { over: aggregation, answers }
        : { over, answers: [...answers, ...figure(path, over, scope)] },
    { over: undefined, answers: [] },
  ).answers
}

/** A query as far as it was read: the aggregation that what follows is under, and the answers so far. */
interface Reading {
  over: string | undefined
  answers: Answer[]
}

const recent = (nodes: readonly NodeSamples[], moment: number, window: number): NodeSamples[] =>
  nodes.filter(({ at }) => at <= moment && moment - at <= window)

/** One figure: of each node or, under an aggregation, of all. */
function figure(path: string, over: string | undefined, nodes: readonly NodeSamples[]): Answer[] {
  const isOfGpu = !path.includes('.')
  const rows = nodes.flatMap((node): Answer[] => {
    const values = isOfGpu ? node.gpus.map((gpu) => gpu[path]) : [sampleOf(node.figures, path)]
    return values.flatMap((value, gpu) =>
      value === undefined
        ? []
        : [{ metric: { node_id: node.id, key: path, ...(isOfGpu ? { gpu: String(gpu) } : {}) }, value }],
    )
  })
  const together = combine[over ?? '']
  if (!together || rows.length === 0) return rows
  return [{ metric: { key: path }, value: together(rows.map(({ value }) => value)) }]
}

/** Sizes are not told to anybody, but asked for. */
function sampleOf(figures: NodeSamples['figures'], path: string): number | undefined {
  const [, group = '', kind] = /^(.*\.)(size|swapSize)$/.exec(path) ?? []
  const [free, used] = kind === 'swapSize' ? ['freeSwap', 'usedSwap'] : ['freeMem', 'usedMem']
  return kind === undefined ? figures[path] : (figures[group + free] ?? 0) + (figures[group + used] ?? 0)
}
