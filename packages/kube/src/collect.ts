import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import type { Kind } from './kinds.ts'
import type { PageOptions } from './listing.ts'
import type { KubernetesObject } from './object.ts'

/** Objects asked for with one page. */
const pageItemsMax = 200
/** Most objects looked at in one listing. */
const seenMax = 20_000

/**
 * Lists page by page, and keeps of each object only what `keep` makes of it, or nothing of it for null: a node lists its
 * images and takes 20 kB, and a large cluster is never held whole.
 * @throws {GridError} `kube.failed` above 20,000 objects
 */
export async function collect<Kept>(
  client: Pick<KubeClient, 'page'>,
  kind: Kind,
  selected: Omit<PageOptions, 'limit' | 'next'>,
  keep: (object: KubernetesObject) => Kept | null,
): Promise<Kept[]> {
  const kept: Kept[] = []
  let next: string | undefined
  for (let seen = 0; seen < seenMax; ) {
    const page = await client.page(kind, { ...selected, limit: pageItemsMax, next })
    kept.push(...page.items.flatMap((item) => keep(item) ?? []))
    seen += page.items.length
    next = page.next
    if (next === undefined) return kept
  }
  throw new GridError('kube.failed', `listing ${kind.plural}: more than ${seenMax} objects`)
}
