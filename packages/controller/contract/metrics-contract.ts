import type { MetricsDatabase } from '@gridgate/controller/metrics/database'
import type { NodeSamples } from '@gridgate/local/metrics/answer-query'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allNodes, at, clusterId, cpuNode, largeNode, smallNode, staleNode } from './metrics-nodes.ts'
import { type Asked, readerOn } from './metrics-reader.ts'

/** A metrics database that holds the samples of nodes, by cluster. */
export interface FilledDatabase {
  database: MetricsDatabase
  close(): Promise<void>
}
export type Fill = (nodes: Readonly<Record<string, readonly NodeSamples[]>>) => Promise<FilledDatabase>

const mean = (...values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** The same document with every number close to what it is: databases add up in another order. */
const nearly = (value: unknown): unknown => {
  if (typeof value === 'number') return expect.closeTo(value, 4)
  if (Array.isArray(value)) return value.map(nearly)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, nearly(member)]))
}

/** What the metrics reader promises, whatever database answers its questions. */
export function describeMetricsReader(name: string, fill: Fill): void {
  // With a moment each question is one to the database; without one it is answered from memory.
  describe.each([
    [`${name}, asked about a moment`, `at=${at}`],
    [`${name}, asked about now`, ''],
  ])('%s', (_, now) => {
    let filled: FilledDatabase
    let ask: (method: 'GET' | 'POST', path: string, body?: unknown) => Promise<Asked>
    beforeAll(async () => {
      filled = await fill({ [clusterId]: allNodes, 'east-1': [{ ...smallNode, id: 'foreign' }, largeNode] })
      ask = readerOn(filled.database)
    })
    afterAll(() => filled.close())

    it('adds up what can be added, and takes the mean of loads, shares and temperatures (defect 85)', async () => {
      const { body } = await ask('GET', `/cluster?${now}`)
      const { cluster_metrics: cluster } = body.data
      expect(cluster.memory).toEqual({
        freeMem: 65_536 + 131_072 + 1024,
        usedMem: 32_768 + 65_536 + 3072,
        averageUtil: expect.closeTo(mean(100 / 3, 100 / 3, 75), 6),
        usedSwap: 512,
        freeSwap: 4096 + 4096 + 1536,
        pageFaultsPerSec: expect.closeTo(30, 6),
      })
      expect(cluster.vcpu).toEqual({
        load1m: expect.closeTo(1.4, 6),
        load_1m: expect.closeTo(1.4, 6),
        load5m: expect.closeTo(mean(1, 2, 0.5), 6),
        load_5m: expect.closeTo(mean(1, 2, 0.5), 6),
        load15m: expect.closeTo(mean(0.8, 1.6, 0.4), 6),
        load_15m: expect.closeTo(mean(0.8, 1.6, 0.4), 6),
        runningThreads: 7,
        totalThreads: 2500,
        runningProcesses: 3,
        totalProcesses: 640,
      })
      expect(cluster.gpu).toEqual({
        totalUsedMem: 12_288 + 2048,
        totalFreeMem: 20_480 + 14_336,
        totalMem: 49_152,
        avgMemUtilization: mean(37.5, 12.5),
        avgCudaUtilization: mean(40, 80),
        avgPowerUtilization: mean(120, 90),
        avgTemperature: mean(57.5, 50),
        count: 3,
      })
    })

    it('takes the largest disk of all and the smallest of all, and keeps the paths nested', async () => {
      const { storage } = (await ask('GET', `/cluster?${now}`)).body.data.cluster_metrics
      expect(storage).toEqual({
        freeMem: 400_000 + 300_000 + 10_000,
        usedMem: 100_000 + 100_000 + 10_000,
        disks: {
          memory: {
            freeMem: 410_000 + 700_000 + 15_000,
            usedMem: 112_000 + 300_000 + 15_000,
            maxDisk: 600_000,
            minDisk: 10_000,
          },
          iops: {
            blocksPerSec: expect.closeTo(60, 6),
            readBytes: 3_000_000,
            writeBytes: 6_000_000,
            total: 27_000,
            active: 150,
            response: 90,
          },
        },
      })
    })

    it('counts the bytes of uplinks and of all interfaces, since boot and lately', async () => {
      const { network } = (await ask('GET', `/cluster?${now}`)).body.data.cluster_metrics
      const lately = { rxBytes1m: 180 * 60, rxBytes5m: 180 * 300, rxBytes15m: 180 * 900 }
      const sent = { txBytes1m: 60 * 60, txBytes5m: 60 * 300, txBytes15m: 60 * 900 }
      const close = (figures: Record<string, number>) =>
        Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, expect.closeTo(value, 3)]))
      expect(network).toEqual({
        ...{ txBytesTotal: 15_000_000, rxBytesTotal: 21_000_000 },
        ...close({ ...lately, ...sent }),
        ifaces: {
          ...{ txBytesTotal: 18_000_000, rxBytesTotal: 24_000_000 },
          ...close({ ...lately, ...sent }),
        },
      })
    })

    it('unites the groups over all nodes: the first one has no GPU (defect 85)', async () => {
      const { node_metrics: nodes, cluster_metrics: cluster } = (await ask('GET', `/cluster?${now}`)).body.data
      expect(nodes.map(({ id }: { id: string }) => id)).toEqual([cpuNode.id, largeNode.id, smallNode.id, staleNode.id])
      expect(nodes[0]).toMatchObject({ gpus: [] })
      expect(nodes[0]).not.toHaveProperty('gpu')
      expect(cluster.gpu.count).toBe(3)
    })

    it('lists the GPUs by their numbers and never adds the numbers up', async () => {
      const { node_metrics: nodes, cluster_metrics: cluster } = (await ask('GET', `/cluster?${now}`)).body.data
      const first = { gpu_id: 0, usedMem: 4096, freeMem: 12_288, totalMem: 16_384, memUtilization: 25 }
      expect(nodes[1].gpus).toEqual([
        { ...first, cudaUtilization: 40, powerUtilization: 120, temperature: 55 },
        expect.objectContaining({ gpu_id: 1, usedMem: 8192, memUtilization: 50, temperature: 60 }),
      ])
      expect(cluster).not.toHaveProperty('gpus')
    })

    it('shows a node that no longer reports as stale, with its last figures, and leaves it out of the totals (defect 86)', async () => {
      const { node_metrics: nodes, cluster_metrics: cluster } = (await ask('GET', `/cluster?${now}`)).body.data
      expect(cluster.nodes).toEqual({ reporting: 3, stale: 1 })
      expect(cluster.timestamp).toBe(at)
      expect(nodes[0]).toMatchObject({ stale: false, timestamp: at })
      expect(nodes[3]).toMatchObject({ stale: true, timestamp: staleNode.at, vcpu: { load15m: 99 } })
      expect(nodes[3].network).not.toHaveProperty('rxBytes1m')
    })

    it('gives what was known at another moment', async () => {
      const { body } = await ask('GET', `/cluster?at=${staleNode.at}`)
      expect(body.data.cluster_metrics.nodes).toEqual({ reporting: 4, stale: 0 })
      const rfc = await ask('GET', `/cluster?at=${new Date(staleNode.at * 1000).toISOString()}`)
      expect(rfc.body.data.cluster_metrics.nodes).toEqual(body.data.cluster_metrics.nodes)
    })

    it('gives the past, a point for each step, in the same shape', async () => {
      const { history } = (await ask('GET', `/cluster?${now}&range=2m&step=60s`)).body.data
      expect(history.map(({ timestamp }: { timestamp: number }) => timestamp)).toEqual([at - 120, at - 60, at])
      expect(history[2]).toMatchObject({ vcpu: { load_1m: expect.closeTo(1.4, 6) }, gpu: { count: 3 } })
      const node = (await ask('GET', `/node/${largeNode.id}?${now}&range=1m&step=30s`)).body.data[0]
      expect(node.history).toHaveLength(3)
      expect(node.history[2]).toMatchObject({ memory: { freeMem: 65_536 }, gpus: [{ gpu_id: 0 }, { gpu_id: 1 }] })
    })

    it('says the same from memory as by the database', async () => {
      const [remembered, asked] = [await ask('GET', '/cluster'), await ask('GET', `/cluster?at=${at}`)]
      expect(remembered.body.data).toEqual(nearly(asked.body.data))
      expect(asked.body.data.node_metrics).toHaveLength(allNodes.length)
    })

    it('pages the nodes', async () => {
      const first = (await ask('GET', `/cluster?${now}&limit=3`)).body.data
      expect(first.node_metrics).toHaveLength(3)
      const rest = (await ask('GET', `/cluster?${now}&limit=3&cursor=${first.next_cursor}`)).body.data
      expect(rest.node_metrics.map(({ id }: { id: string }) => id)).toEqual([staleNode.id])
      expect(rest.next_cursor).toBeNull()
      expect((await ask('GET', '/cluster?cursor=made-up')).body.code).toBe('cursor.invalid')
    })

    it('gives one node as its stored document, alone in a list', async () => {
      const { status, body } = await ask('GET', `/node/${largeNode.id}?${now}`)
      expect(status).toBe(200)
      expect(body.data).toEqual([
        expect.objectContaining({ nodeId: largeNode.id, clusterId, type: 'hardware', timestamp: at, stale: false }),
      ])
      const { node } = body.data[0].metrics.resource
      expect(node).toMatchObject({ id: largeNode.id, memory: { freeMem: 65_536 }, gpu: { avgTemperature: 57.5 } })
    })

    it('defect 89: answers 404 for a node it does not know, also one of another cluster', async () => {
      for (const id of ['nobody', 'foreign', 'query']) {
        const { status, body } = await ask('GET', `/node/${id}?${now}`)
        expect([status, body.code]).toEqual([404, 'node.not_found'])
      }
    })

    it.each([
      [{ variable: 'vcpu.load_15m', operator: '>', value: '0.7' }, [largeNode.id, smallNode.id, staleNode.id]],
      [{ 'metrics.resource.node.memory.freeMem': { $gte: 65_536 } }, [largeNode.id, smallNode.id, staleNode.id]],
      [{ stale: false, 'storage.disks.memory.maxDisk': { $gt: 550_000 } }, [smallNode.id]],
      [{ 'gpus.temperature': { $gte: 60 } }, [largeNode.id]],
      [{ aggOperator: 'count', target: 'gpus', operator: '==', value: 2 }, [largeNode.id]],
      [{ nodeId: { $in: [cpuNode.id] } }, [cpuNode.id]],
    ])('finds nodes by %j', async (query, expected) => {
      const { body } = await ask('POST', `/node/query?${now}`, query)
      expect(body.data.map(({ nodeId }: { nodeId: string }) => nodeId)).toEqual(expected)
      expect(body.next_cursor).toBeNull()
    })

    it('pages what it finds', async () => {
      const query = { vcpu: { $exists: true } }
      const first = (await ask('POST', `/nodes/query?${now}`, { query, limit: 3 })).body.data
      expect(first.items).toHaveLength(3)
      const rest = (await ask('POST', `/nodes/query?${now}`, { query, limit: 3, cursor: first.next_cursor })).body.data
      expect([rest.items.length, rest.next_cursor]).toEqual([1, null])
    })

    it('refuses operators that are not on the list, by name', async () => {
      const { status, body } = await ask('POST', '/node/query', { $where: '1' })
      expect([status, body.code]).toEqual([400, 'query.unknown_operator'])
    })
  })
}
