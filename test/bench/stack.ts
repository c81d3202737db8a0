import { call, startByScript, temporaryFolder } from '../e2e/product.ts'
import { alternate, ratios, startServer } from './load.ts'
import { sampleCluster, samplePath } from './sample-cluster.ts'
import { claim, type Section } from './section.ts'

const rounds = 5

/** The same read through the whole product and its database. */
export const stack: Section = {
  name: 'stack',
  about: 'GET /clusters/read/{cluster_id} of the running product, beside a bare handler with the same DynamoDB reads',
  async run() {
    const folder = temporaryFolder()
    const product = startByScript(folder.path, '--no-tour')
    const { url, key } = await product.ready
    const peer = await startServer('bare', 'hono-dynamodb')
    try {
      const headers = { authorization: `Bearer ${key}` }
      const { status } = await call(url, 'POST', '/clusters/create', sampleCluster, headers)
      if (status !== 200) throw new Error(`the cluster was not registered: ${status}`)
      const found = await alternate([{ name: 'gridgate', url: url + samplePath, headers }, peer.target], rounds)
      const ours = found.get('gridgate') ?? []
      const bare = found.get('bare') ?? []
      const rates = (of: typeof ours): number[] => of.map(({ requestsPerSecond }) => requestsPerSecond)
      const slowest = (of: typeof ours): number[] => of.map(({ p99Ms }) => p99Ms)
      return [
        claim('gridgate, on DynamoDB', 'requests/s', rates(ours)),
        claim('bare hono, on DynamoDB', 'requests/s', rates(bare)),
        claim('gridgate by bare hono', 'ratio', ratios(rates(ours), rates(bare)), { atLeast: 0.7 }),
        claim('gridgate, on DynamoDB, p99', 'ms', slowest(ours)),
        claim('bare hono, on DynamoDB, p99', 'ms', slowest(bare)),
        claim('p99, gridgate by bare hono', 'ratio', ratios(slowest(ours), slowest(bare)), { atMost: 1.5 }),
      ]
    } finally {
      await Promise.all([peer.stop(), product.interrupt()])
      folder.remove()
    }
  },
}
