import { z } from 'zod'
import { nodesMax } from '../cluster/cluster.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { GridError } from '../errors.ts'
import { ask } from '../node/controller-nodes.ts'
import type { Needs } from '../ports.ts'

/** Nodes asked for at once, and most pages of one cluster: a controller may give fewer nodes than it was asked for. */
const pageNodes = 500
const pagesMax = Math.ceil(nodesMax / 200) + 1

/** An instance of EC2; anything else that an alarm names is a node's own name. */
const instance = /^i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/

const Page = z.object({
  nodes: z.array(
    z.object({ kubernetes: z.looseObject({ name: z.string().max(253), provider_id: z.string().nullish() }) }),
  ),
  next_cursor: z.string().nullish(),
})

/**
 * The node that an alarm means: its name, or the instance that it runs on (spec/failover.md §17).
 * @throws {GridError} `node.not_found`, and what `controllers.call` throws
 */
export async function findNodeName(ports: Needs<'controllers'>, stored: StoredCluster, named: string): Promise<string> {
  if (!instance.test(named)) return named
  let cursor: string | null | undefined
  for (let page = 0; page < pagesMax && cursor !== null; page++) {
    const query = new URLSearchParams({ limit: String(pageNodes), ...(cursor ? { cursor } : {}) })
    const found: z.infer<typeof Page> = await ask(ports, stored, { method: 'GET', path: `/nodes?${query}` }, Page)
    const node = found.nodes.find(({ kubernetes }) => kubernetes.provider_id?.split('/').at(-1) === named)
    if (node) return node.kubernetes.name
    cursor = found.next_cursor ?? null
  }
  throw new GridError('node.not_found', `no node of ${stored.cluster.id} runs on ${named}`)
}
