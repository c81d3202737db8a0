import { afterAll, beforeAll, describe } from 'vitest'
import { Client, type ContractCluster } from './client.ts'
import { Kubectl } from './kubectl.ts'
import { kubectlDrainContract } from './kubectl-drain-contract.ts'
import { kubectlObjectsContract } from './kubectl-objects-contract.ts'

export interface KubectlCluster extends ContractCluster {
  /** Logs in as somebody who may do everything. */
  kubeconfig: string
}

/** What the promises about kubectl work with: a namespace, and a node that takes only the pods of this suite. */
export interface KubectlGround {
  kubectl: Kubectl
  client: Client
  namespace: string
  node: string
  /** The template of a pod that runs on the node. */
  template(app: string, extra?: object): object
  /** A Deployment of such pods, as text for `-f -`. */
  deployment(app: string, replicas: number, extra?: object): string
}

/** Keeps the pods of other suites off the node. */
const taint = { key: 'contract.example.com/kubectl', value: 'yes', effect: 'NoSchedule' }

/** What people may expect of the real kubectl on a cluster; `start` brings a real or a simulated one, with controllers. */
export function kubectlContract(name: string, program: string, start: () => Promise<KubectlCluster>): void {
  describe(`${name} serves kubectl`, () => {
    let cluster: KubectlCluster
    const ground = {} as KubectlGround

    beforeAll(async () => {
      cluster = await start()
      const run = Date.now().toString(36)
      const node = `kubectl-node-${run}`
      const namespace = `kubectl-${run}`
      const template: KubectlGround['template'] = (app, extra = {}) => ({
        metadata: { labels: { app } },
        spec: {
          nodeSelector: { 'kubernetes.io/hostname': node },
          tolerations: [{ key: taint.key, operator: 'Exists' }],
          containers: [
            { name: 'main', image: 'example/none:1', resources: { requests: { cpu: '250m', memory: '64Mi' } } },
          ],
          ...extra,
        },
      })
      const deployment: KubectlGround['deployment'] = (app, replicas, extra) =>
        JSON.stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: app, namespace },
          spec: { replicas, selector: { matchLabels: { app } }, template: template(app, extra) },
        })
      const client = new Client(cluster)
      Object.assign(ground, { kubectl: new Kubectl(program, cluster.kubeconfig), client, node, namespace })
      Object.assign(ground, { template, deployment })
      await prepare(ground)
    }, 60_000)
    afterAll(async () => {
      await ground.client.remove(`/api/v1/namespaces/${ground.namespace}`)
      await ground.client.remove(`/api/v1/nodes/${ground.node}`)
      ground.client.close()
      ground.kubectl.remove()
      await cluster.stop()
    })

    kubectlObjectsContract(ground)
    kubectlDrainContract(ground)
  })
}

async function prepare({ client, namespace, node }: KubectlGround): Promise<void> {
  await client.post('/api/v1/namespaces', { metadata: { name: namespace } })
  await client.until(`/api/v1/namespaces/${namespace}/serviceaccounts/default`, ({ status }) => status === 200)
  const capacity = { cpu: '4', memory: '16Gi', 'ephemeral-storage': '100Gi', pods: '110', 'nvidia.com/gpu': '2' }
  const made = await client.post('/api/v1/nodes', {
    metadata: { name: node, labels: { 'kubernetes.io/hostname': node } },
    spec: { taints: [taint] },
    status: { capacity, allocatable: capacity },
  })
  if (made.status !== 201) throw new Error(`no node: ${JSON.stringify(made.body)}`)
  await client.until(`/api/v1/nodes/${node}`, ({ body }) =>
    body.status.conditions?.some((each: Record<string, string>) => each.type === 'Ready' && each.status === 'True'),
  )
}
