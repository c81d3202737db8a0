import type { KubeClient } from '../client.ts'
import { collect } from '../collect.ts'
import { kinds } from '../kinds.ts'
import { type KubernetesObject, member } from '../object.ts'

/** A node of an action: this very one, not a later one of its name. */
export interface NodeTarget {
  readonly name: string
  readonly uid: string
}

/** Where to look for the nodes: a label that all of them carry makes the look short. */
export interface Whereabouts {
  readonly pool_label: string
  readonly node_pool: string
}

/** So many nodes are asked for one by one where they are not known to be of one pool. */
const singlesMax = 8

/** Of these nodes those that are there, by UID, as far as a cordon looks at them. */
export async function presentNodes(
  client: Pick<KubeClient, 'get' | 'page'>,
  targets: readonly NodeTarget[],
  pool: Whereabouts | null,
): Promise<Map<string, KubernetesObject>> {
  const wanted = new Set(targets.map(({ uid }) => uid))
  const where = pool ? { labels: { [pool.pool_label]: pool.node_pool } } : {}
  const found =
    pool === null && targets.length <= singlesMax
      ? await Promise.all(targets.map(({ name }) => client.get({ apiVersion: 'v1', kind: 'Node', name })))
      : await collect(client, kinds.node, where, bareOf)
  return new Map(
    found.flatMap((node) => {
      const uid = node?.metadata.uid
      return node && uid !== undefined && wanted.has(uid) ? [[uid, bareOf(node)] as const] : []
    }),
  )
}

const bareOf = ({ apiVersion, kind, metadata, ...node }: KubernetesObject): KubernetesObject => {
  const { name, uid = '', resourceVersion = '', annotations = {} } = metadata
  const spec = { unschedulable: member(node, 'spec', 'unschedulable') }
  return { apiVersion, kind, metadata: { name, uid, resourceVersion, annotations }, spec }
}
