import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import { Kubectl } from '../../packages/kube/contract/kubectl.ts'
import { findKubectl } from '../real/programs/find-programs.ts'
import { poolLabel, refuseUnless } from './many-nodes.ts'
import { listPath, nodesPath, type Pool, selectorOf } from './pool.ts'
import type { ShippedController } from './shipped-controller.ts'

/** kubectl allows itself 5 requests a second, so its rounds are long and all alike. */
const kubectlRoundsMax = 2

/** One way to cordon a pool. */
export interface Racer {
  name: 'ours' | 'sequential' | 'kubectl'
  /** It takes part in so many rounds; in all of them unless given. */
  roundsMax?: number
  /** What comes before a cordon anyway; not measured. */
  prepare?(pool: Pool): Promise<void>
  /** Resolves when it says that the pool is cordoned. @throws {Error} when it says that it is not */
  cordon(pool: Pool): Promise<void>
}

/** The call that the workflow makes, each time as a later action, after the survey that it makes before. */
export function controllerRacer(controller: Pick<ShippedController, 'post'>): Racer {
  let fence = 0
  let nodes: { name: string; uid: string }[] = []
  return {
    name: 'ours',
    async prepare({ pool }) {
      const survey = await controller.post('/failover/survey', { pool_label: poolLabel, node_pool: pool })
      nodes = survey.nodes.map(({ name, uid }: Answer['body']) => ({ name, uid }))
    },
    async cordon({ pool }) {
      fence += 1
      const order = { action: `bench-${fence}`, fence, nodes, pool_label: poolLabel, node_pool: pool }
      const { nodes: found } = await controller.post('/failover/cordon', order)
      const failed = found.filter(({ outcome }: { outcome: string }) => outcome !== 'cordoned')
      if (failed.length > 0) throw new Error(`not cordoned: ${JSON.stringify(failed.slice(0, 3))}`)
    },
  }
}

/** What a program does that thinks of nothing else: it lists the nodes and patches one after the other. */
export const sequentialRacer = (client: Client): Racer => ({
  name: 'sequential',
  async cordon(pool) {
    for (const { metadata } of (await client.get(listPath(pool))).body.items) {
      const path = `${nodesPath}/${metadata.name}`
      refuseUnless(await client.patch(path, { spec: { unschedulable: true } }), 200, path)
    }
  },
})

/** The real one, or null where it was not built; then it is said why nothing is measured. */
export function startKubectlRacer(kubeconfig: string): (Racer & Pick<Kubectl, 'remove'>) | null {
  const program = findKubectl()
  if (program === null) {
    process.stderr.write('kubectl is left out: it was not built yet, which npm run test:kube does once\n')
    return null
  }
  const kubectl = new Kubectl(program, kubeconfig)
  return {
    name: 'kubectl',
    roundsMax: kubectlRoundsMax,
    async cordon(pool) {
      const { code, error } = await kubectl.run(`cordon -l ${selectorOf(pool)}`)
      if (code !== 0) throw new Error(`kubectl cordon failed: ${error}`)
    },
    remove: () => kubectl.remove(),
  }
}
