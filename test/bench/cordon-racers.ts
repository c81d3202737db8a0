import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import { Kubectl } from '../../packages/kube/contract/kubectl.ts'
import { findKubectl } from '../real/programs/find-programs.ts'
import { poolLabel, refuseUnless } from './many-nodes.ts'
import { listPath, nodesPath, type Pool, selectorOf } from './pool.ts'
import type { ShippedController } from './shipped-controller.ts'

/** One of them takes kubectl half a minute or more. */
const kubectlRoundsMax = 3

/** One way to cordon a pool. */
export interface Racer {
  name: 'ours' | 'sequential' | 'kubectl'
  /** It takes part in so many rounds; in all of them unless given. */
  roundsMax?: number
  /** Resolves when it says that the pool is cordoned. @throws {Error} when it says that it is not */
  cordon(pool: Pool): Promise<void>
}

/** The call that the workflow makes, each time as a later action. The UIDs are known from the survey before. */
export async function controllerRacer(
  controller: Pick<ShippedController, 'post'>,
  client: Client,
  pools: readonly Pool[],
): Promise<Racer> {
  const targets = new Map<Pool, { name: string; uid: string }[]>()
  for (const pool of pools) targets.set(pool, await targetsOf(client, pool))
  let fence = 0
  return {
    name: 'ours',
    async cordon(pool) {
      fence += 1
      const where = { pool_label: poolLabel, node_pool: pool.pool }
      const order = { action: `bench-${fence}`, fence, nodes: targets.get(pool) ?? [], ...where }
      const { nodes } = await controller.post('/failover/cordon', order)
      const failed = nodes.filter(({ outcome }: { outcome: string }) => outcome !== 'cordoned')
      if (failed.length > 0) throw new Error(`not cordoned: ${JSON.stringify(failed.slice(0, 3))}`)
    },
  }
}

const targetsOf = async (client: Client, pool: Pool): Promise<{ name: string; uid: string }[]> =>
  (await client.get(listPath(pool))).body.items.map(({ metadata: { name, uid } }: Answer['body']) => ({ name, uid }))

/** What a program does that thinks of nothing else: it lists the nodes and patches one after the other. */
export const sequentialRacer = (client: Client): Racer => ({
  name: 'sequential',
  async cordon(pool) {
    for (const { name } of await targetsOf(client, pool))
      refuseUnless(await client.patch(`${nodesPath}/${name}`, { spec: { unschedulable: true } }), 200, name)
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
