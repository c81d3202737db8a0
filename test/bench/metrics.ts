import { type MetricsDatabase, openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { readClusterMetrics } from '@gridgate/controller/metrics/read-cluster-metrics'
import type { NodeSamples } from '@gridgate/local/metrics/answer-query'
import { at, clusterId, largeNode } from '../../packages/controller/contract/metrics-nodes.ts'
import { readerOn, readerPorts } from '../../packages/controller/contract/metrics-reader.ts'
import { importLines } from '../metrics/import-lines.ts'
import { requirePrograms } from '../metrics/programs.ts'
import { startVictoriaMetrics, type VictoriaMetrics } from '../metrics/victoria-metrics.ts'
import { type Claim, claim, type Section } from './section.ts'

const nodesCount = 1000
const nodesPerImport = 50
const rounds = 7
const moment = new Date(at * 1000)

/** What a large cluster's metrics cost: the database adds up; beside it, the samples fetched and added up here. */
export const metrics: Section = {
  name: 'metrics',
  about: `the metrics of ${nodesCount} nodes with 2 GPUs each, read from VictoriaMetrics`,
  async run() {
    const server = await startVictoriaMetrics(requirePrograms())
    try {
      await fill(server)
      return await measure(openMetricsDatabase(() => server.url))
    } finally {
      await server.stop()
    }
  },
}

async function fill(server: VictoriaMetrics): Promise<void> {
  const nodes = Array.from({ length: nodesCount }, (_, index): NodeSamples => {
    const id = `node-${String(index).padStart(4, '0')}.example.internal`
    return { ...largeNode, id }
  })
  for (let from = 0; from < nodesCount; from += nodesPerImport)
    await server.import(
      nodes
        .slice(from, from + nodesPerImport)
        .map((node) => importLines(clusterId, node))
        .join(''),
    )
}

async function measure(database: MetricsDatabase): Promise<Claim[]> {
  const ports = readerPorts(database, moment)
  const tasks = {
    aggregate: () => readClusterMetrics(ports, moment),
    pages: () => allPages(database),
    peer: () => addedUpHere(database),
  }
  const values: Record<keyof typeof tasks, number[]> = { aggregate: [], pages: [], peer: [] }
  for (let round = 0; round <= rounds; round++)
    for (const name of Object.keys(tasks) as (keyof typeof tasks)[]) {
      const started = performance.now()
      await tasks[name]()
      // The first round opens files and fills caches.
      if (round > 0) values[name].push(performance.now() - started)
    }
  const ratios = values.aggregate.map((ms, round) => ms / (values.peer[round] ?? Number.NaN))
  return [
    claim(`the cluster's figures over ${nodesCount} nodes`, 'ms', values.aggregate, { atMost: 300 }),
    claim(`all ${nodesCount} nodes, page by page`, 'ms', values.pages, { atMost: 1000 }),
    claim('peer: last samples fetched, added up here', 'ms', values.peer),
    claim('figures by peer', 'ratio', ratios, { atMost: 1 }),
  ]
}

async function allPages(database: MetricsDatabase): Promise<void> {
  const ask = readerOn(database, moment)
  let cursor: string | null = null
  let count = 0
  do {
    const { body } = await ask('POST', '/nodes/query', { query: {}, limit: 500, ...(cursor ? { cursor } : {}) })
    count += body.data.items.length
    cursor = body.data.next_cursor
  } while (cursor !== null)
  if (count !== nodesCount) throw new Error(`${count} nodes of ${nodesCount} were read`)
}

/** As a reader without a query language does it. Rates are not even asked for. */
async function addedUpHere(database: MetricsDatabase): Promise<Map<string, number>> {
  const sums = new Map<string, number>()
  const query = `last_over_time({cluster_id="${clusterId}"}[90s]) keep_metric_names`
  for (const { labels, value } of await database.at(query, moment)) {
    const name = labels.__name__ ?? ''
    sums.set(name, (sums.get(name) ?? 0) + value)
  }
  return sums
}
