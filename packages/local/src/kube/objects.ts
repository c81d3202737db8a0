import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { applyConfiguration, trackUpdate, type Writer } from './fields/managed-fields.ts'
import { copy, type KubeObject, type Metadata, numberAt, type Tree, timeText, treeAt } from './object.ts'
import { apiVersionOf, type Resource, type Resources, storeKeyOf } from './resources.ts'
import {
  admit,
  assertNamespaceOpen,
  countsGenerations,
  forCreate,
  forUpdate,
  isReleased,
  wishOf,
} from './rules/admission.ts'
import { defaulted } from './rules/defaults.ts'
import { assertValid } from './rules/kind-rules.ts'
import {
  assertPreconditions,
  configurable,
  holdForDependents,
  isGraceful,
  nameSuffix,
  type Removal,
  serverMetadata,
  subjectOf,
  withOwners,
} from './rules/metadata.ts'
import { alreadyExists, badRequest, conflict, modified, notFound } from './status-error.ts'
import type { Store } from './store.ts'

/** Who writes and how. */
export interface Write {
  manager: string
  /** `status` or `scale`; empty for the object itself. */
  subresource?: string
  /** Everything but the storing is done. */
  dryRun?: boolean
  /** Looks at the object as it would be stored, and throws to prevent that. */
  review?: ((object: KubeObject) => void) | undefined
}

export interface Removed {
  object: KubeObject
  /** False while finalizers or a grace period keep the object. */
  isGone: boolean
}

/** An object in a request: complete enough to be looked at, its metadata not yet the server's. */
type Body = Tree & { metadata: Partial<Metadata> }

/** Reads and writes objects by the rules of the API server; the HTTP interface and the controllers both write through it. */
export class Objects {
  readonly store: Store
  readonly resources: Resources
  readonly clock: Clock

  constructor(store: Store, resources: Resources, clock: Clock) {
    this.store = store
    this.resources = resources
    this.clock = clock
  }

  /** Now, as metadata has it. */
  now(): string {
    return timeText(this.clock.now())
  }

  /** The object in the resource's version. @throws {StatusError} 404. */
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject {
    const found = this.store.get(storeKeyOf(resource), namespace, name)
    if (!found) throw notFound(subjectOf(resource, name))
    return found
  }

  /** Stores a new object. @throws {StatusError} 403, 404, 409 or 422. */
  create(resource: Resource, namespace: string | undefined, body: Tree, write: Write): KubeObject {
    const draft = forCreate(resource, copy(body)) as Body
    if (draft.metadata.resourceVersion) throw badRequest('resourceVersion should not be set on objects to be created')
    const object = {
      ...draft,
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: this.#newMetadata(resource, namespace, draft),
    } as KubeObject
    if (namespace) assertNamespaceOpen(this.store, resource, namespace, object.metadata.name)
    const settled = this.#settle(resource, object, undefined)
    if (this.store.get(storeKeyOf(resource), namespace, settled.metadata.name))
      throw alreadyExists(subjectOf(resource, settled.metadata.name))
    settled.metadata.managedFields = trackUpdate(undefined, settled, resource.schema, this.#writer(resource, write))
    write.review?.(settled)
    return write.dryRun ? settled : this.store.put(storeKeyOf(resource), settled)
  }

  /**
   * Changes an object. `change` gets the stored object and returns the next one; a `resourceVersion` in it must be the stored one.
   * @throws {StatusError} 404, 409 or 422.
   */
  update(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: (before: KubeObject) => Tree,
    write: Write,
  ): KubeObject {
    const before = this.get(resource, namespace, name)
    const next = copy(change(before)) as KubeObject
    next.metadata ??= {} as Metadata
    const subject = subjectOf(resource, name)
    if (next.metadata.resourceVersion && next.metadata.resourceVersion !== before.metadata.resourceVersion)
      throw modified(subject)
    if (next.metadata.uid && next.metadata.uid !== before.metadata.uid)
      throw conflict(
        subject,
        `Precondition failed: UID in precondition: ${next.metadata.uid}, UID in object meta: ${before.metadata.uid}`,
      )
    if (next.metadata.name && next.metadata.name !== name)
      throw badRequest(`the name of the object (${next.metadata.name}) does not match the name on the URL (${name})`)
    const settled = this.#updated(resource, before, forUpdate(resource, write.subresource ?? '', before, next))
    const base = withOwners(before, next.metadata.managedFields)
    settled.metadata.managedFields = trackUpdate(base, settled, resource.schema, this.#writer(resource, write))
    return this.#save(resource, before, settled, write)
  }

  /** Server-side apply; creates the object where there is none. @throws {StatusError} 409 for fields of other managers, 422. */
  apply(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    body: Tree,
    write: Write & { force: boolean },
  ): KubeObject {
    const before = this.store.get(storeKeyOf(resource), namespace, name)
    const configuration = {
      ...configurable(resource, write.subresource ?? '', copy(body)),
      metadata: { ...treeAt(body, 'metadata'), name },
    }
    if (!before && write.subresource) throw notFound(subjectOf(resource, name))
    if (!before && namespace) assertNamespaceOpen(this.store, resource, namespace, name)
    const wished = treeAt(body, 'metadata').resourceVersion
    if (before && wished && wished !== before.metadata.resourceVersion) throw modified(subjectOf(resource, name))
    const identity = before?.metadata ?? this.#newMetadata(resource, namespace, configuration as Body)
    const applied = applyConfiguration(before, configuration, resource.schema, this.#writer(resource, write), {
      force: write.force,
      finish: (merged) =>
        defaulted(resource, {
          ...merged,
          apiVersion: apiVersionOf(resource),
          kind: resource.kind,
          metadata: { ...treeAt(merged, 'metadata'), ...serverMetadata(identity) } as unknown as Metadata,
        }),
    })
    const object = applied.object as KubeObject
    const settled = before ? this.#updated(resource, before, object) : this.#settle(resource, object, undefined)
    settled.metadata.managedFields = applied.managedFields
    if (before) return this.#save(resource, before, settled, write)
    write.review?.(settled)
    return write.dryRun ? settled : this.store.put(storeKeyOf(resource), settled)
  }

  /** Removes an object, or marks it as being removed while something holds it. @throws {StatusError} 404 or 409. */
  delete(resource: Resource, namespace: string | undefined, name: string, removal: Removal = {}): Removed {
    const before = this.get(resource, namespace, name)
    assertPreconditions(subjectOf(resource, name), before, removal)
    const next = copy(before)
    const grace =
      removal.gracePeriodSeconds ??
      (before.kind === 'Pod' ? numberAt(before, 30, 'spec', 'terminationGracePeriodSeconds') : 0)
    const seconds = isGraceful(before) ? Math.max(0, grace) : 0
    const isLater = before.metadata.deletionTimestamp && seconds >= (before.metadata.deletionGracePeriodSeconds ?? 0)
    if (!isLater || !before.metadata.deletionTimestamp) {
      next.metadata.deletionTimestamp = timeText(this.clock.now() + seconds * 1000)
      next.metadata.deletionGracePeriodSeconds = seconds
      if (countsGenerations(resource) && !before.metadata.deletionTimestamp)
        next.metadata.generation = (before.metadata.generation ?? 1) + 1
    }
    holdForDependents(next, removal.propagationPolicy)
    if (next.kind === 'Namespace') next.status = { ...treeAt(next, 'status'), phase: 'Terminating' }
    const isGone = isReleased(next)
    if (removal.dryRun || (!isGone && isDeepStrictEqual(next, before))) return { object: next, isGone }
    const key = storeKeyOf(resource)
    return { object: isGone ? this.store.remove(key, next) : this.store.put(key, next), isGone }
  }

  /**
   * For controllers: changes an object in place, or does nothing when it is gone.
   * @param change changes the copy that it is given.
   */
  mutate<T extends KubeObject>(storeKey: string, object: KubeObject, change: (draft: T) => void, write: Write): void {
    const resource = this.resources.get(storeKey)
    const { namespace, name, uid } = object.metadata
    if (this.store.get(storeKey, namespace, name)?.metadata.uid !== uid) return
    const edit = (before: KubeObject): Tree => {
      const draft = copy(before) as T
      change(draft)
      return draft
    }
    this.update(resource, namespace, name, edit, write)
  }

  #writer(resource: Resource, write: Write): Writer {
    return {
      manager: write.manager,
      subresource: write.subresource ?? '',
      apiVersion: apiVersionOf(resource),
      time: this.now(),
    }
  }

  #newMetadata(resource: Resource, namespace: string | undefined, body: Body): Metadata {
    const {
      deletionTimestamp: _at,
      deletionGracePeriodSeconds: _grace,
      managedFields: _owners,
      ...given
    } = body.metadata
    const name = given.name || (given.generateName ? `${given.generateName}${nameSuffix()}` : '')
    const place = namespace ? { namespace } : {}
    const generation = countsGenerations(resource) ? { generation: 1 } : {}
    return {
      ...given,
      name,
      ...place,
      uid: randomUUID(),
      creationTimestamp: this.now(),
      resourceVersion: '',
      ...generation,
    }
  }

  #settle(resource: Resource, object: KubeObject, before: KubeObject | undefined): KubeObject {
    const filled = defaulted(resource, object)
    admit(this.store, resource, filled, before)
    assertValid(resource, filled, before)
    return filled
  }

  #updated(resource: Resource, before: KubeObject, next: KubeObject): KubeObject {
    const metadata = { ...next.metadata, ...serverMetadata(before.metadata) }
    const object = { ...next, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata }
    const settled = this.#settle(resource, object, before)
    if (countsGenerations(resource) && !isDeepStrictEqual(wishOf(settled), wishOf(before)))
      settled.metadata.generation = (before.metadata.generation ?? 1) + 1
    return settled
  }

  #save(resource: Resource, before: KubeObject, next: KubeObject, write: Write): KubeObject {
    next.metadata.resourceVersion = before.metadata.resourceVersion
    const clean = copy(next)
    write.review?.(clean)
    if (write.dryRun) return clean
    const key = storeKeyOf(resource)
    if (isReleased(clean)) return this.store.remove(key, clean)
    return isDeepStrictEqual(clean, before) ? before : this.store.put(key, clean)
  }
}
