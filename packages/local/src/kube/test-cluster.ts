import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '../../../kube/contract/client.ts'
import type { KubectlCluster } from '../../../kube/contract/kubectl-contract.ts'
import { type SimulatedCluster, type SimulatedClusterOptions, startSimulatedCluster } from './cluster.ts'
import { plainProgram } from './programs.ts'

/** A simulated cluster on a random port, with its client; `stop` removes everything. */
export interface TestCluster {
  cluster: SimulatedCluster
  client: Client
  folder: string
  stop(): Promise<void>
}

/** Starts a cluster for a test; objects live in memory unless the options say otherwise. */
export async function startTestCluster(options: Partial<SimulatedClusterOptions> = {}): Promise<TestCluster> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'gridgate-kube-'))
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const cluster = await startSimulatedCluster({
    port: 0,
    images: () => plainProgram,
    inMemory: true,
    onError,
    ...options,
    folder,
  })
  const client = new Client({
    url: cluster.url,
    ca: cluster.caPem,
    token: cluster.adminToken,
    hasControllers: true,
    stop: cluster.stop,
  })
  return {
    cluster,
    client,
    folder,
    async stop() {
      client.close()
      await cluster.stop()
      if (!options.folder) rmSync(folder, { recursive: true })
      if (errors.length > 0) throw new AggregateError(errors, 'the cluster reported defects')
    },
  }
}

/** Starts a cluster as the contracts want it. */
export async function startContractCluster(): Promise<KubectlCluster> {
  const { cluster, stop } = await startTestCluster()
  const { url, caPem: ca, adminToken: token } = cluster
  return { url, ca, token, kubeconfig: cluster.kubeconfig(), hasControllers: true, stop }
}

/** A Deployment of one container, as a request body. */
export const deploymentBody = (
  name: string,
  container: object = {},
  spec: object = {},
): { metadata: { name: string }; spec: object } => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'example/none:1', ...container }], ...spec },
    },
  },
})
