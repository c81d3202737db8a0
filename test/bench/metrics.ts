import { type MetricsDatabase, openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { takeReading } from '@gridgate/controller/metrics/reading'
import type { NodeSamples } from '@gridgate/local/metrics/answer-query'
import { at, clusterId, largeNode } from '../../packages/controller/contract/metrics-nodes.ts'
import { readerOn, readerPorts } from '../../packages/controller/contract/metrics-reader.ts'
import type { Answer } from '../../packages/kube/contract/client.ts'
import { importLines } from '../metrics/import-lines.ts'
import { requirePrograms } from '../metrics/programs.ts'
import { startVictoriaMetrics, type VictoriaMetrics } from '../metrics/victoria-metrics.ts'
import { ratios, startServer } from './load.ts'
import { residentMb } from './processes.ts'
import { type Claim, claim, type Section } from './section.ts'

const nodesCount = 1000
const nodesPerImport = 50
const rounds = 7
const moment = new Date(at * 1000)
/** Between two readings of a reader: one that reads once during the bench, and one that does nothing else. */
const quietMs = 3_600_000
const busyMs = 1

/** What a large cluster's metrics cost: remembered by the reader, added up in the database, and fetched and added up here. */
export const metrics: Section = {
  name: 'metrics',
  about: `the metrics of ${nodesCount} nodes with 2 GPUs each, asked of the reader by HTTP; VictoriaMetrics behind it`,
  async run() {
    const server = await startVictoriaMetrics(requirePrograms())
    try {
      await fill(server)
      return [...(await measureQuiet(server.url)), ...(await measureBusy(server.url))]
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

async function measureQuiet(url: string): Promise<Claim[]> {
  const database = openMetricsDatabase(() => url)
  const { settings } = readerPorts(database)
  const found = await withReader(url, quietMs, async (reader) => ({
    memory: [reader.memory()],
    ...(await takeTurns({
      aggregate: () => askTotals(reader.url),
      pages: () => allPages(reader.url),
      cold: () => readerOn(database)('GET', '/cluster'),
      reading: () => takeReading({ settings, database }, moment, nodesCount),
      past: () => askTotals(reader.url, `?at=${at}&limit=1`),
      peer: () => addedUpHere(database),
    })),
    memoryLater: [reader.memory()],
  }))
  return [
    claim(`the cluster's figures over ${nodesCount} nodes`, 'ms', found.aggregate, { atMost: 300 }),
    claim(`all ${nodesCount} nodes, page by page`, 'ms', found.pages, { atMost: 1000 }),
    claim('the first question after a pause', 'ms', found.cold),
    claim('reading all figures anew, once an interval', 'ms', found.reading),
    claim('the figures at a moment, added up in the database', 'ms', found.past),
    claim('peer: last samples fetched, added up here', 'ms', found.peer),
    claim('remembered figures by peer', 'ratio', ratios(found.aggregate, found.peer), { atMost: 1 }),
    claim('figures at a moment by peer', 'ratio', ratios(found.past, found.peer), { atMost: 1 }),
    claim('the reader before it was asked', 'MiB', found.memory),
    claim(`the reader with ${nodesCount} nodes`, 'MiB', found.memoryLater, { atMost: 256 }),
  ]
}

/** The same while the reader never does anything but read anew: far worse than once an interval, so nothing is promised. */
const measureBusy = (url: string): Promise<Claim[]> =>
  withReader(url, busyMs, async (reader) => {
    const found = await takeTurns({ aggregate: () => askTotals(reader.url), pages: () => allPages(reader.url) })
    return [
      claim('the figures while it reads without a pause', 'ms', found.aggregate),
      claim('all nodes while it reads without a pause', 'ms', found.pages),
      claim('the reader that reads without a pause', 'MiB', [reader.memory()], { atMost: 256 }),
    ]
  })

/** A reader in a process of its own. */
interface Reader {
  url: string
  memory(): number
}

async function withReader<Result>(
  database: string,
  pauseMs: number,
  work: (reader: Reader) => Promise<Result>,
): Promise<Result> {
  const server = await startServer('reader', 'metrics-reader', [database, `${at}`, `${pauseMs}`])
  try {
    return await work({ url: server.target.url, memory: () => residentMb(server.pid).product })
  } finally {
    await server.stop()
  }
}

/** How long each task takes in each round, in ms, so that what else happens on the machine meets all alike. */
async function takeTurns<Name extends string>(
  tasks: Record<Name, () => Promise<unknown>>,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(tasks) as Name[]
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>
  for (let round = 0; round <= rounds; round++)
    for (const name of names) {
      const started = performance.now()
      await tasks[name]()
      // The first round opens files and fills caches.
      if (round > 0) values[name].push(performance.now() - started)
    }
  return values
}

async function askTotals(reader: string, query = ''): Promise<void> {
  const { cluster_metrics: cluster } = await dataOf(await fetch(`${reader}/cluster${query}`))
  if (cluster.nodes.reporting !== nodesCount)
    throw new Error(`${cluster.nodes.reporting} nodes of ${nodesCount} report`)
}

async function allPages(reader: string): Promise<void> {
  let cursor: string | null = null
  let count = 0
  do {
    const body = JSON.stringify({ query: {}, limit: 500, ...(cursor ? { cursor } : {}) })
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    const page = await dataOf(await fetch(`${reader}/nodes/query`, asked))
    count += page.items.length
    cursor = page.next_cursor
  } while (cursor !== null)
  if (count !== nodesCount) throw new Error(`${count} nodes of ${nodesCount} were read`)
}

async function dataOf(reply: Response) {
  if (reply.status !== 200) throw new Error(`the reader answered ${reply.status}`)
  return ((await reply.json()) as Answer['body']).data
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
