import { afterAll, beforeAll, describe } from 'vitest'
import { accessContract } from './access-contract.ts'
import { applyContract } from './apply-contract.ts'
import { Client, type ContractCluster } from './client.ts'
import { defaultsContract } from './defaults-contract.ts'
import { discoveryContract } from './discovery-contract.ts'
import { jobSetContract } from './job-set-contract.ts'
import { objectsContract } from './objects-contract.ts'
import { validationContract } from './validation-contract.ts'
import { watchContract } from './watch-contract.ts'
import { workloadsContract } from './workloads-contract.ts'

/** What a part of the contract works with: a client, and namespaces of its own. */
export interface Ground {
  client: Client
  /** Makes a namespace with an unused name, ready for pods. */
  namespace(): Promise<string>
}

/**
 * What Gridgate relies on in a Kubernetes API server. The same suite runs against the simulated cluster and against a real
 * kube-apiserver; `start` brings either.
 */
export function kubernetesContract(name: string, start: () => Promise<ContractCluster>): void {
  describe(`${name} keeps the Kubernetes contract`, () => {
    let cluster: ContractCluster
    let client: Client
    let made = 0
    const prefix = `contract-${Date.now().toString(36)}`
    const ground: Ground = {
      get client() {
        return client
      },
      async namespace() {
        made += 1
        const namespace = `${prefix}-${made}`
        await client.post('/api/v1/namespaces', { metadata: { name: namespace } })
        if (cluster.hasControllers)
          await client.until(
            `/api/v1/namespaces/${namespace}/serviceaccounts/default`,
            (answer) => answer.status === 200,
          )
        return namespace
      },
    }

    beforeAll(async () => {
      cluster = await start()
      client = new Client(cluster)
    })
    afterAll(async () => {
      client.close()
      await cluster.stop()
    })

    discoveryContract(ground)
    objectsContract(ground)
    defaultsContract(ground)
    applyContract(ground)
    watchContract(ground)
    validationContract(ground)
    accessContract(ground)
    workloadsContract(ground, () => cluster.hasControllers)
    jobSetContract(ground, () => cluster.hasControllers)
  })
}
