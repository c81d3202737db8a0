import { GridError } from '@gridgate/core/errors'
import { collectionPath, groupPath, type Kind } from './kinds.ts'
import { type KubernetesObject, listAt, member, textAt } from './object.ts'
import type { Rest } from './rest.ts'

/** Objects asked for with one page of a list. */
const pageItemsMax = 200
/** Most objects taken from one list. */
const listItemsMax = 10_000
/** Most group versions asked for their resources; a large cluster has about 60. */
const groupVersionsMax = 200

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string
  /** Labels that an object must carry. */
  readonly labels?: Readonly<Record<string, string>>
  /** Fields that an object must have, such as `spec.nodeName` of pods. */
  readonly fields?: Readonly<Record<string, string>>
  /** Stops after so many objects. */
  readonly itemsMax?: number
}

export interface PageOptions extends Omit<ListOptions, 'itemsMax'> {
  readonly limit: number
  /** Where the page before ended, as Kubernetes said. It is good for some minutes. */
  readonly next?: string | undefined
}

/** One page of a list, as Kubernetes cuts it. */
export interface ObjectPage {
  readonly items: KubernetesObject[]
  /** Undefined on the last page. */
  readonly next: string | undefined
  /** From which on a watch goes on. */
  readonly resourceVersion: string | undefined
}

/** One page. @throws {GridError} `kube.failed` with `details.status` 410 when `next` is too old */
export async function listPage(rest: Rest, kind: Kind, options: PageOptions): Promise<ObjectPage> {
  const query = new URLSearchParams({ limit: String(options.limit) })
  if (options.labels) query.set('labelSelector', selector(options.labels))
  if (options.fields) query.set('fieldSelector', selector(options.fields))
  if (options.next) query.set('continue', options.next)
  const path = `${collectionPath(kind, options.namespace)}?${query}`
  const page = await rest.json(`listing ${kind.plural}`, { method: 'GET', path })
  return {
    // The items of a list carry neither of the two, because the list does.
    items: (listAt(page, 'items') as KubernetesObject[]).map((item) => ({
      ...item,
      apiVersion: kind.apiVersion,
      kind: kind.kind,
    })),
    next: textAt(page, 'metadata', 'continue') || undefined,
    resourceVersion: textAt(page, 'metadata', 'resourceVersion'),
  }
}

/** Lists all objects of a kind, page by page. @throws {GridError} `kube.failed` above 10,000 objects */
export async function listAll(rest: Rest, kind: Kind, options: ListOptions): Promise<KubernetesObject[]> {
  const { itemsMax = listItemsMax, ...selected } = options
  const items: KubernetesObject[] = []
  let next: string | undefined
  do {
    const page = await listPage(rest, kind, { ...selected, limit: Math.min(pageItemsMax, itemsMax), next })
    items.push(...page.items)
    next = page.next
  } while (next && items.length < itemsMax)
  if (next && options.itemsMax === undefined)
    throw new GridError('kube.failed', `listing ${kind.plural}: more than ${listItemsMax} objects`)
  return items.slice(0, itemsMax)
}

const selector = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')

/** One resource type as discovery lists it. */
export interface ServedResource extends Kind {
  readonly verbs: readonly string[]
}

/** The resource types of one group version, without sub-resources; empty where it is not served. */
export async function resourcesOf(rest: Rest, apiVersion: string): Promise<ServedResource[]> {
  const answer = await rest.jsonOrNull('asking for the served kinds', { method: 'GET', path: groupPath(apiVersion) })
  return listAt(answer, 'resources').flatMap((resource) => {
    const plural = textAt(resource, 'name')
    const kind = textAt(resource, 'kind')
    if (plural === undefined || kind === undefined || plural.includes('/')) return []
    const verbs = listAt(resource, 'verbs').filter((verb) => typeof verb === 'string')
    return [{ apiVersion, kind, plural, namespaced: member(resource, 'namespaced') === true, verbs }]
  })
}

/** Every resource type that the cluster serves, each in its group's preferred version. */
export async function allResources(rest: Rest): Promise<ServedResource[]> {
  const answer = await rest.json('asking for the served groups', { method: 'GET', path: '/apis' })
  const versions = listAt(answer, 'groups').flatMap((group) => textAt(group, 'preferredVersion', 'groupVersion') ?? [])
  const found: ServedResource[] = []
  for (const apiVersion of ['v1', ...versions].slice(0, groupVersionsMax))
    found.push(...(await resourcesOf(rest, apiVersion)))
  return found
}
