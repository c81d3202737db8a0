import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { expect, it } from 'vitest'
import { describeMetricsReader } from '../../packages/controller/contract/metrics-contract.ts'
import { at, clusterId, largeNode, smallNode } from '../../packages/controller/contract/metrics-nodes.ts'
import { readerOn } from '../../packages/controller/contract/metrics-reader.ts'
import { importLines } from './import-lines.ts'
import { requirePrograms } from './programs.ts'
import { startVictoriaMetrics } from './victoria-metrics.ts'

describeMetricsReader('the metrics reader on VictoriaMetrics', async (nodes) => {
  const server = await startVictoriaMetrics(requirePrograms())
  for (const [id, all] of Object.entries(nodes)) await server.import(all.map((node) => importLines(id, node)).join(''))
  return { database: openMetricsDatabase(() => server.url), close: () => server.stop() }
})

it('leaves a silent node out of the totals with its GPUs, also while those are still told of', async () => {
  const server = await startVictoriaMetrics(requirePrograms())
  try {
    const lines = importLines(clusterId, largeNode).split('\n')
    const gpuLines = lines.filter((line) => line.includes('DCGM_'))
    const silent = importLines(clusterId, { ...largeNode, at: at - 600, gpus: [] })
    await server.import([...gpuLines, silent, importLines(clusterId, smallNode)].join('\n'))
    const ask = readerOn(openMetricsDatabase(() => server.url))
    for (const path of ['/cluster', `/cluster?at=${at}`]) {
      const { cluster_metrics: cluster, node_metrics: nodes } = (await ask('GET', path)).body.data
      expect(cluster).toMatchObject({ nodes: { reporting: 1, stale: 1 }, gpu: { count: smallNode.gpus.length } })
      expect(nodes[0]).toMatchObject({ id: largeNode.id, stale: true, gpu: { count: 2 } })
    }
  } finally {
    await server.stop()
  }
})
