import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from '@gridgate/kube/client'
import { kinds } from '@gridgate/kube/kinds'
import { NodeEntry, nodeEntry } from '@gridgate/kube/node-document'
import { z } from 'zod'

/** Most nodes asked for at once: a node lists its images and may take 20 kB. A page may so be shorter than it was wished. */
export const pageNodesMax = 100

/** One page of the nodes, as Kubernetes cuts it. */
export const NodePage = z.object({
  nodes: z.array(NodeEntry),
  unidentified: z.array(z.string()).describe('nodes without the label nodeID whose names are too long to be ids'),
  next_cursor: z.string().nullable().describe('good for some minutes'),
})
export type NodePage = z.infer<typeof NodePage>

/** @throws {GridError} `cursor.invalid` for a cursor that is made up or too old: begin with the first page again */
export async function pageOfNodes(
  kube: Pick<KubeClient, 'page'>,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<NodePage> {
  const { items, next } = await kube
    .page(kinds.node, { limit: Math.min(limit, pageNodesMax), next: cursor })
    .catch((error: unknown) => {
      const status = error instanceof GridError && error.code === 'kube.failed' ? error.details?.status : undefined
      if (cursor !== undefined && (status === 400 || status === 410))
        throw new GridError('cursor.invalid', 'the cursor is not one that this list gave out, or it is too old')
      throw error
    })
  const read = items.map((node) => ({ name: node.metadata.name, entry: nodeEntry(node) }))
  return {
    nodes: read.flatMap(({ entry }) => entry ?? []),
    unidentified: read.flatMap(({ name, entry }) => (entry === null ? [name] : [])),
    next_cursor: next ?? null,
  }
}

/** The entry of one node. @throws {GridError} `node.not_found` where it has no id */
export function entryOf(node: Parameters<typeof nodeEntry>[0]): NodeEntry {
  const entry = nodeEntry(node)
  if (!entry) throw new GridError('node.not_found', `the name of ${node.metadata.name} is too long for a node id`)
  return entry
}
