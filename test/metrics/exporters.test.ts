import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { clusterId } from '../../packages/controller/contract/metrics-nodes.ts'
import { type Asked, readerOn } from '../../packages/controller/contract/metrics-reader.ts'
import { requirePrograms } from './programs.ts'
import { type Running, startNodeExporter, startVictoriaMetrics, type VictoriaMetrics } from './victoria-metrics.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-exporters-'))
const MiB = 2 ** 20
let exporter: Running
let database: VictoriaMetrics
let servers: Server[] = []

/**
 * Says what dcgm-exporter says: of one idle L40S as it was recorded with driver 595.58.03 and published in a guide to UpCloud's
 * Kubernetes, without its HELP lines; of several GPUs in texts made in the same form, for want of such machines.
 */
async function serveExposition(name: string): Promise<{ server: Server; address: string }> {
  const text = readFileSync(join(import.meta.dirname, 'expositions', `${name}.txt`), 'utf8')
  const server = createServer((_request, response) => response.end(text))
  return { server, address: await listen(server) }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  const programs = requirePrograms()
  exporter = await startNodeExporter(programs)
  const idle = await serveExposition('recorded-idle-l40s')
  const [two, eight] = [await serveExposition('made-2-gpus'), await serveExposition('made-8-gpus')]
  const heard = await listenIn(exporter)
  servers = [idle.server, two.server, eight.server, heard.server]
  const target = (address: string, id: string) => ({ targets: [address], labels: { node_id: id } })
  const config = join(folder, 'scrape.yaml')
  // JSON is YAML. The agent finds its targets at the API server; here they are named.
  writeFileSync(
    config,
    JSON.stringify({
      global: { scrape_interval: '1s', external_labels: { cluster_id: clusterId } },
      scrape_configs: [
        {
          job_name: 'node',
          static_configs: [
            target(heard.address, 'node-2'),
            target(heard.address.replace('127.0.0.1', 'localhost'), 'node-8'),
          ],
        },
        { job_name: 'idle', static_configs: [target(heard.address, 'node-1')] },
        {
          job_name: 'gpu',
          static_configs: [
            target(idle.address, 'node-1'),
            target(two.address, 'node-2'),
            target(eight.address, 'node-8'),
          ],
        },
      ],
    }),
  )
  database = await startVictoriaMetrics(programs, [`-promscrape.config=${config}`])
})
afterAll(async () => {
  await database?.stop()
  await exporter?.stop()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What the exporter said at each scrape. */
const scrapes: string[] = []

/** Stands between the agent and the exporter, and remembers what was said. */
async function listenIn(exporter: Running): Promise<{ server: Server; address: string }> {
  const server = createServer(async (_request, response) => {
    const text = await (await fetch(`${exporter.url}/metrics`)).text()
    scrapes.push(text)
    response.end(text)
  })
  return { server, address: await listen(server) }
}

/** The sum of a metric's lines in what was said. */
function sumOf(text: string, name: string, labels: RegExp): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
  const values = lines.filter((line) => labels.test(line)).map((line) => Number(line.slice(line.lastIndexOf(' '))))
  return values.reduce((sum, value) => sum + value, 0)
}

const ask = (path: string): Promise<Asked> =>
  readerOn(
    openMetricsDatabase(() => database.url),
    new Date(),
  )('GET', path)

/** The node's figures, once all of them are there: rates need two samples. */
const node = (id: string) =>
  vi.waitFor(
    async () => {
      const { body } = await ask(`/node/${id}`)
      const found = body.data?.[0]?.metrics.resource.node
      expect(found?.memory?.pageFaultsPerSec).toBeGreaterThanOrEqual(0)
      expect(found?.gpus?.length).toBeGreaterThan(0)
      return found
    },
    { timeout: 20_000, interval: 250 },
  )

describe('what the reader says of this machine', () => {
  it.each([
    ['memory.freeMem', 'node_memory_MemAvailable_bytes', 1 / MiB, /./],
    ['vcpu.load15m', 'node_load15', 1, /./],
    ['vcpu.totalProcesses', 'node_processes_pids', 1, /./],
    ['vcpu.totalThreads', 'node_processes_threads', 1, /./],
    ['storage.freeMem', 'node_filesystem_avail_bytes', 1 / MiB, /mountpoint="\/"/],
    ['storage.disks.iops.readBytes', 'node_disk_read_bytes_total', 1, /device="(?!dm-|md|loop|ram|zram|sr)/],
    ['network.ifaces.rxBytesTotal', 'node_network_receive_bytes_total', 1, /device="(?!lo")/],
  ])('%s is what node-exporter says', async (path, name, scale, labels) => {
    const found = path.split('.').reduce((at, step) => at[step], await node('node-2')) as unknown as number
    const difference = scrapes.map((text) => Math.abs(sumOf(text, name, labels) * scale - found))
    expect(Math.min(...difference)).toBeLessThan(1e-6)
  })

  it('has every documented key', async () => {
    const found = await node('node-8')
    const keys = (group: object): string[] => Object.keys(group).sort()
    expect(keys(found.memory)).toEqual(
      ['averageUtil', 'freeMem', 'freeSwap', 'pageFaultsPerSec', 'usedMem', 'usedSwap'].sort(),
    )
    expect(keys(found.vcpu)).toEqual(
      [
        ...['load1m', 'load5m', 'load15m', 'load_1m', 'load_5m', 'load_15m'],
        ...['runningThreads', 'totalThreads', 'runningProcesses', 'totalProcesses'],
      ].sort(),
    )
    expect(keys(found.storage)).toEqual(['disks', 'freeMem', 'usedMem'])
    expect(keys(found.storage.disks.memory)).toEqual(['freeMem', 'maxDisk', 'minDisk', 'usedMem'])
    expect(keys(found.storage.disks.iops)).toEqual(
      ['active', 'blocksPerSec', 'readBytes', 'response', 'total', 'writeBytes'].sort(),
    )
    const traffic = ['tx', 'rx'].flatMap((way) => ['Total', '1m', '5m', '15m'].map((end) => `${way}Bytes${end}`))
    expect(keys(found.network)).toEqual([...traffic, 'ifaces'].sort())
    expect(keys(found.network.ifaces)).toEqual(traffic.sort())
    expect(keys(found.gpu)).toEqual(
      [
        ...['totalUsedMem', 'totalFreeMem', 'totalMem', 'avgMemUtilization', 'avgCudaUtilization'],
        ...['avgPowerUtilization', 'avgTemperature', 'count'],
      ].sort(),
    )
    expect(keys(found.gpus[0])).toEqual(
      [
        ...['gpu_id', 'usedMem', 'freeMem', 'totalMem', 'memUtilization', 'cudaUtilization', 'powerUtilization'],
        'temperature',
      ].sort(),
    )
  })
})

describe('what the reader says of GPUs', () => {
  it('is what one really said that did nothing: no memory used is none, not a figure that is missing', async () => {
    const found = await node('node-1')
    expect(found.gpus).toEqual([
      {
        ...{ gpu_id: 0, usedMem: 0, freeMem: 45_459, totalMem: 45_459, memUtilization: 0, cudaUtilization: 0 },
        ...{ powerUtilization: 35.686, temperature: 32 },
      },
    ])
    expect(found.gpu).toMatchObject({ count: 1, totalUsedMem: 0, avgMemUtilization: 0, avgPowerUtilization: 35.686 })
  })

  it('is what dcgm-exporter said, GPU by GPU', async () => {
    const found = await node('node-2')
    expect(found.gpus).toEqual([
      {
        ...{ gpu_id: 0, usedMem: 12_034, freeMem: 10_457, totalMem: 22_491, cudaUtilization: 87, temperature: 61 },
        ...{ powerUtilization: 68.412, memUtilization: expect.closeTo((100 * 12_034) / 22_491, 6) },
      },
      {
        ...{ gpu_id: 1, usedMem: 1, freeMem: 22_490, totalMem: 22_491, cudaUtilization: 0, temperature: 38 },
        ...{ powerUtilization: 16.297, memUtilization: expect.closeTo(100 / 22_491, 6) },
      },
    ])
    expect(found.gpu).toMatchObject({ count: 2, totalMem: 44_982, avgTemperature: 49.5 })
  })

  it('counts each of eight once, also one that two pods share', async () => {
    const found = await node('node-8')
    expect(found.gpus.map(({ gpu_id: id }: { gpu_id: number }) => id)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    expect(found.gpu).toMatchObject({ count: 8, totalMem: 8 * 81_079 })
  })

  it('goes into the cluster’s figures', async () => {
    await Promise.all(['node-1', 'node-2', 'node-8'].map(node))
    const { cluster_metrics: cluster } = (await ask('/cluster')).body.data
    expect(cluster).toMatchObject({ nodes: { reporting: 3, stale: 0 }, gpu: { count: 11 } })
  })
})

describe('a query of one’s own', () => {
  const query = (body: object) =>
    readerOn(
      openMetricsDatabase(() => database.url),
      new Date(),
    )('POST', '/query', body)

  it('is answered in Prometheus’ form', async () => {
    await node('node-2')
    const { body } = await query({ query: 'count by (job) (up)' })
    expect(body.data.resultType).toBe('vector')
    expect(body.data.result).toContainEqual({ metric: { job: 'gpu' }, value: [expect.any(Number), '3'] })
    const past = await query({ query: 'up{job="node"}', range: '1m', step: '10s' })
    expect(past.body.data).toMatchObject({ resultType: 'matrix' })
  })

  it.each(['up{', 'no_such_function(up)', 'up offset banana'])('is refused when it is none: %s', async (text) => {
    const { status, body } = await query({ query: text })
    expect([status, body.code]).toEqual([400, 'metrics.invalid_query'])
  })
})
