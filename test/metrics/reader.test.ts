import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { describeMetricsReader } from '../../packages/controller/contract/metrics-contract.ts'
import { importLines } from './import-lines.ts'
import { requirePrograms } from './programs.ts'
import { startVictoriaMetrics } from './victoria-metrics.ts'

describeMetricsReader('the metrics reader on VictoriaMetrics', async (nodes) => {
  const server = await startVictoriaMetrics(requirePrograms())
  for (const [clusterId, all] of Object.entries(nodes))
    await server.import(all.map((node) => importLines(clusterId, node)).join(''))
  return { database: openMetricsDatabase(() => server.url), close: () => server.stop() }
})
