import { serveDatabase } from '@gridgate/local/metrics/serve-database'
import { describeMetricsReader } from '../../contract/metrics-contract.ts'
import { openMetricsDatabase } from './database.ts'

describeMetricsReader('the metrics reader on a simulated database', async (nodes) => {
  const served = await serveDatabase((clusterId, moment) =>
    (nodes[clusterId] ?? []).map((node) => ({ ...node, at: Math.min(node.at, moment) })),
  )
  return { database: openMetricsDatabase(() => `http://127.0.0.1:${served.port}`), close: () => served.stop() }
})
