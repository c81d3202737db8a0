import { randomBytes } from 'node:crypto'
import { type KubeObject, type ManagedFields, type Metadata, type Tree, treeAt } from '../object.ts'
import type { Resource } from '../resources.ts'
import { isFinished, type Pod } from '../shapes.ts'
import { conflict, type Subject } from '../status-error.ts'

/** What a removal demands of the object, and how it goes. */
export interface Removal {
  gracePeriodSeconds?: number | undefined
  propagationPolicy?: string | undefined
  uid?: string | undefined
  resourceVersion?: string | undefined
  dryRun?: boolean
}

/** How errors name an object of a resource. */
export const subjectOf = (resource: Resource, name: string): Subject => ({
  group: resource.group,
  resource: resource.plural,
  name,
})

/** Metadata that only the server sets. */
export function serverMetadata(metadata: Metadata): Tree {
  const {
    name,
    namespace,
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
  } = metadata
  const all = {
    name,
    namespace,
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** The stored object with the owners that an update names: a list with one empty entry forgets them all. */
export function withOwners(before: KubeObject, owners: ManagedFields[] | undefined): KubeObject {
  if (!owners) return before
  return {
    ...before,
    metadata: { ...before.metadata, managedFields: owners.filter((owner) => owner.manager !== undefined) },
  }
}

/** The part of a configuration that its path may set. */
export function configurable(resource: Resource, subresource: string, body: Tree): Tree {
  if (subresource === 'status') return { apiVersion: body.apiVersion, kind: body.kind, status: body.status }
  if (body.kind === 'Secret' && body.stringData !== undefined) {
    const { stringData, ...rest } = body
    const encoded = Object.entries(stringData as Tree).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString('base64'),
    ])
    return { ...rest, data: { ...treeAt(rest, 'data'), ...Object.fromEntries(encoded) } }
  }
  const { status: _status, ...rest } = body
  return resource.hasStatus ? rest : body
}

/** Refuses a removal that was meant for another state of the object. @throws {StatusError} 409. */
export function assertPreconditions(subject: Subject, object: KubeObject, removal: Removal): void {
  const { uid, resourceVersion } = object.metadata
  if (removal.uid && removal.uid !== uid)
    throw conflict(subject, `Precondition failed: UID in precondition: ${removal.uid}, UID in object meta: ${uid}`)
  if (removal.resourceVersion && removal.resourceVersion !== resourceVersion)
    throw conflict(
      subject,
      `Precondition failed: ResourceVersion in precondition: ${removal.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
    )
}

/** Only a pod on a node has something to end in time. */
export const isGraceful = (object: KubeObject): boolean =>
  object.kind === 'Pod' && Boolean((object as Pod).spec.nodeName) && !isFinished(object as Pod)

/** Finalizers by which the garbage collector lets dependents go first, or lets them stay. */
export function holdForDependents(object: KubeObject, policy: string | undefined): void {
  const finalizer = policy === 'Foreground' ? 'foregroundDeletion' : policy === 'Orphan' ? 'orphan' : undefined
  const held = object.metadata.finalizers ?? []
  if (finalizer && !held.includes(finalizer)) object.metadata.finalizers = [...held, finalizer]
}

/** Five characters of those that Kubernetes uses for generated names: no vowels, nothing that looks alike. */
export function nameSuffix(): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join('')
}
