import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubernetesContract } from '../../../kube/contract/kubernetes-contract.ts'
import { startSimulatedCluster } from './cluster.ts'
import { plainProgram } from './programs.ts'

kubernetesContract('the simulated cluster', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gridgate-kube-'))
  const cluster = await startSimulatedCluster({ folder, port: 0, images: () => plainProgram, inMemory: true })
  return {
    url: cluster.url,
    ca: cluster.caPem,
    token: cluster.adminToken,
    hasControllers: true,
    async stop() {
      await cluster.stop()
      rmSync(folder, { recursive: true })
    },
  }
})
