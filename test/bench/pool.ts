import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import { forEachNode, type NodeGroup, poolLabel, refuseUnless } from './many-nodes.ts'

export const nodesPath = '/api/v1/nodes'

/** Nodes of a pool, and where they are listed. */
export interface Pool extends NodeGroup {
  pool: string
}

/** Without images: what the simulated API server takes to copy them is no part of a promise. */
export const poolOf = (pool: string, count: number): Pool => ({ pool, count, prefix: pool, images: 0 })

export const selectorOf = ({ pool }: Pool): string => `${poolLabel}=${pool}`

export const listPath = (pool: Pool): string => `${nodesPath}?labelSelector=${encodeURIComponent(selectorOf(pool))}`

export const isCordoned = (node: Answer['body']): boolean => node.spec?.unschedulable === true

/** How many nodes of the pool still take pods. */
export async function countMissed(client: Client, pool: Pool): Promise<number> {
  const { body } = await client.get(listPath(pool))
  return pool.count - body.items.filter(isCordoned).length
}

/** Lets pods in again, whoever kept them away. */
export const freePool = (client: Client, pool: Pool): Promise<void> =>
  forEachNode(pool, async (name) => {
    const metadata = { annotations: { 'gridgate.io/cordoned-by': null } }
    refuseUnless(await client.patch(`${nodesPath}/${name}`, { metadata, spec: { unschedulable: null } }), 200, name)
  })
