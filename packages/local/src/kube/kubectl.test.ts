import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Kubectl } from '../../../kube/contract/kubectl.ts'
import { kubectlContract } from '../../../kube/contract/kubectl-contract.ts'
import { startContractCluster, startTestCluster } from './test-cluster.ts'

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

// Skipped where no kubectl is in PATH: the suite is about the real program, and `npm test` must not need it.
describe.skipIf(!hasKubectl)('the kubectl in PATH', () => {
  kubectlContract('the simulated cluster', 'kubectl', startContractCluster)

  it('logs in with a client certificate and with a token', async () => {
    const test = await startTestCluster()
    for (const kubeconfig of [test.cluster.kubeconfig(), test.cluster.kubeconfig('admin-token')]) {
      const kubectl = new Kubectl('kubectl', kubeconfig)
      expect((await kubectl.run('auth whoami')).out).toContain('kubernetes-admin')
      kubectl.remove()
    }
    await test.stop()
  })
})
