import { isDeepStrictEqual } from 'node:util'
import { GridError } from '@gridgate/core/errors'
import type { ApplyObjectOptions, KubeClient, RemoveOptions, Review } from './client.ts'
import type { Eviction, EvictOptions } from './eviction.ts'
import { type Kind, kinds, placeOf } from './kinds.ts'
import type { ListOptions, ObjectPage, PageOptions, ServedResource } from './listing.ts'
import { describeReference, type KubernetesObject, member, type ObjectReference, referenceOf } from './object.ts'
import type { WatchEvent } from './watching.ts'

/**
 * A cluster in memory, for tests of what is decided on top of `KubeClient`. It keeps objects, versions and UIDs; it has no
 * field managers, defaults or controllers: what depends on those is tested against an API server.
 */
export class MemoryCluster implements KubeClient {
  /** Rights that are refused, as `verb resource`. */
  readonly refused = new Set<string>()
  serverVersion = { major: 1, minor: 36 }
  readonly #served: readonly Kind[]
  readonly #stored = new Map<string, KubernetesObject>()
  #counter = 0

  constructor(served: readonly Kind[] = Object.values(kinds)) {
    this.#served = served
  }

  /** Puts an object there as someone else would have, and returns it as stored. */
  put(object: KubernetesObject): KubernetesObject {
    const metadata = { uid: `uid-${++this.#counter}`, ...object.metadata, resourceVersion: String(++this.#counter) }
    const stored = structuredClone({ ...object, metadata })
    this.#stored.set(placeOf(referenceOf(object)), stored)
    return structuredClone(stored)
  }

  /** Everything stored, in the order of creation. */
  objects(): KubernetesObject[] {
    return structuredClone([...this.#stored.values()])
  }

  /** Ends what was asked to go; until then it stays, marked. */
  settle(): void {
    for (const [key, object] of this.#stored) if (object.metadata.deletionTimestamp) this.#stored.delete(key)
  }

  async get(reference: ObjectReference): Promise<KubernetesObject | null> {
    return structuredClone(this.#stored.get(placeOf(reference)) ?? null)
  }

  async list(kind: Kind, options: ListOptions = {}): Promise<KubernetesObject[]> {
    const { namespace, labels = {}, fields = {}, itemsMax = Number.POSITIVE_INFINITY } = options
    if (this.refused.has(`list ${kind.plural}`)) throw new GridError('kube.forbidden', `listing ${kind.plural}`)
    const fits = (object: KubernetesObject): boolean =>
      object.kind === kind.kind &&
      (namespace === undefined || object.metadata.namespace === namespace) &&
      Object.entries(labels).every(([name, value]) => object.metadata.labels?.[name] === value) &&
      Object.entries(fields).every(([path, value]) => member(object, ...path.split('.')) === value)
    return this.objects().filter(fits).slice(0, itemsMax)
  }

  async page(kind: Kind, { limit, next, ...selected }: PageOptions): Promise<ObjectPage> {
    const from = Number(next ?? 0)
    const items = await this.list(kind, selected)
    const resourceVersion = String(this.#counter)
    return {
      items: items.slice(from, from + limit),
      next: from + limit < items.length ? String(from + limit) : undefined,
      resourceVersion,
    }
  }

  /** Ends at once, as a watch may at any time. */
  async watch(): Promise<AsyncIterable<WatchEvent>> {
    return (async function* () {})()
  }

  async evict(pod: { namespace: string; name: string }, { uid }: EvictOptions): Promise<Eviction> {
    const reference = { apiVersion: 'v1', kind: 'Pod', ...pod }
    if ((await this.get(reference))?.metadata.uid !== uid) return { outcome: 'gone' }
    await this.remove(reference, { uid })
    return { outcome: 'accepted' }
  }

  async apply(object: KubernetesObject, { isNew = false }: ApplyObjectOptions = {}): Promise<KubernetesObject> {
    const current = structuredClone(this.#stored.get(placeOf(referenceOf(object))))
    if (!current) return this.put(object)
    if (isNew) throw new GridError('kube.conflict', `applying ${describeReference(referenceOf(object))}`)
    const labels = { ...current.metadata.labels, ...object.metadata.labels }
    const merged = { ...current, ...object, metadata: { ...current.metadata, ...object.metadata, labels } }
    return isDeepStrictEqual(merged, current) ? current : this.put(merged)
  }

  async merge(reference: ObjectReference, patch: Record<string, unknown>): Promise<KubernetesObject> {
    const current = this.#stored.get(placeOf(reference))
    if (!current)
      throw new GridError('kube.failed', `changing ${describeReference(reference)}`, { details: { status: 404 } })
    for (const name of ['uid', 'resourceVersion'] as const) {
      const wanted = member(patch, 'metadata', name)
      if (wanted !== undefined && wanted !== current.metadata[name])
        throw new GridError('kube.conflict', `changing ${describeReference(reference)}`)
    }
    return this.put(merged(current, patch) as KubernetesObject)
  }

  async create(object: KubernetesObject): Promise<boolean> {
    if (this.#stored.has(placeOf(referenceOf(object)))) return false
    this.put(object)
    return true
  }

  async review({ apiVersion, kind, spec }: Review): Promise<KubernetesObject> {
    const asked = spec.resourceAttributes
    const allowed = !this.refused.has(`${member(asked, 'verb')} ${member(asked, 'resource')}`)
    return { apiVersion, kind, metadata: { name: '' }, status: { allowed } }
  }

  async remove(reference: ObjectReference, { uid }: RemoveOptions): Promise<boolean> {
    const current = this.#stored.get(placeOf(reference))
    if (!current) return false
    if (current.metadata.uid !== uid) throw new GridError('kube.conflict', `removing ${describeReference(reference)}`)
    current.metadata.deletionTimestamp = '2030-01-01T00:00:00Z'
    return true
  }

  async serves({ apiVersion, kind }: Pick<Kind, 'apiVersion' | 'kind'>): Promise<boolean> {
    return this.#served.some((other) => other.apiVersion === apiVersion && other.kind === kind)
  }

  async resources(): Promise<ServedResource[]> {
    return this.#served.map((kind) => ({ ...kind, verbs: ['get', 'list', 'delete'] }))
  }

  async version(): Promise<{ major: number; minor: number }> {
    return this.serverVersion
  }

  close(): void {}
}

/** JSON merge patch (RFC 7396). */
function merged(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = target !== null && typeof target === 'object' ? { ...target } : {}
  for (const [name, value] of Object.entries(patch))
    if (value === null) delete result[name]
    else result[name] = merged(result[name], value)
  return result
}
