import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startContractCluster } from '@gridgate/local/kube/test-cluster'
import { describe } from 'vitest'
import { kubectlContract } from '../../packages/kube/contract/kubectl-contract.ts'
import { findPrograms } from './programs/find-programs.ts'
import { realCluster } from './real-cluster.ts'

const program = join(await findPrograms(() => undefined), 'kubectl')

// The kubectl built from the source of this control plane, on both: where they differ, the simulated cluster is wrong.
describe.runIf(realCluster().hasControllers && existsSync(program))('kubectl of the same version', () => {
  kubectlContract('a real control plane', program, async () => realCluster())
  kubectlContract('the simulated cluster', program, startContractCluster)
})
