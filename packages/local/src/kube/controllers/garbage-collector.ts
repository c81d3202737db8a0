import { type KubeObject, keyOf, type OwnerReference } from '../object.ts'
import { storeKeyOf } from '../resources.ts'
import type { Controller, ControllerContext } from './runner.ts'

const manager = 'kube-controller-manager'
const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/** Removes objects whose owners are all gone; lets dependents go first, or stay, where a removal asked for that. */
export function garbageCollector(context: ControllerContext): Controller {
  const { store } = context
  return {
    name: 'garbage-collector',
    keysOf(change) {
      const own = `${change.storeKey} ${keyOf(change.object.metadata)}`
      const owners = (change.object.metadata.ownerReferences ?? []).flatMap(
        (owner) => keyOfOwner(context, change.object, owner) ?? [],
      )
      if (change.type !== 'DELETED') return change.object.metadata.ownerReferences || isHeld(change.object) ? [own] : []
      return [
        ...dependentsOf(context, change.object).map(({ storeKey, object }) => `${storeKey} ${keyOf(object.metadata)}`),
        ...owners,
      ]
    },
    reconcile(key) {
      const [storeKey = '', path = ''] = key.split(' ')
      const slash = path.indexOf('/')
      const object = store.get(storeKey, slash < 0 ? undefined : path.slice(0, slash), path.slice(slash + 1))
      if (!object) return undefined
      if (isHeld(object)) settle(context, storeKey, object)
      else collect(context, storeKey, object)
      return undefined
    },
  }
}

const isHeld = (object: KubeObject): boolean =>
  Boolean(object.metadata.deletionTimestamp) &&
  (object.metadata.finalizers ?? []).some((each) => each === foreground || each === orphan)

function dependentsOf({ store }: ControllerContext, owner: KubeObject): { storeKey: string; object: KubeObject }[] {
  const names = (object: KubeObject): boolean =>
    object.metadata.ownerReferences?.some((each) => each.uid === owner.metadata.uid) === true
  return store.storeKeys().flatMap((storeKey) =>
    store
      .list(storeKey)
      .filter(names)
      .map((object) => ({ storeKey, object })),
  )
}

function keyOfOwner({ objects }: ControllerContext, object: KubeObject, owner: OwnerReference): string | undefined {
  const resource = objects.resources.ofKind(owner.apiVersion, owner.kind)
  const namespace = resource?.namespaced ? object.metadata.namespace : undefined
  return resource && `${storeKeyOf(resource)} ${keyOf({ namespace, name: owner.name })}`
}

function ownerOf(
  { objects, store }: ControllerContext,
  object: KubeObject,
  owner: OwnerReference,
): KubeObject | 'unknown' | undefined {
  const resource = objects.resources.ofKind(owner.apiVersion, owner.kind)
  // An owner of a kind that is not served may exist for others: its dependents stay.
  if (!resource) return 'unknown'
  const found = store.get(storeKeyOf(resource), resource.namespaced ? object.metadata.namespace : undefined, owner.name)
  return found?.metadata.uid === owner.uid ? found : undefined
}

/** Removes an object when none of its owners is left; else forgets those that are gone. */
function collect(context: ControllerContext, storeKey: string, object: KubeObject): void {
  const { objects } = context
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length === 0 || object.metadata.deletionTimestamp) return
  const present = owners.filter((owner) => ownerOf(context, object, owner) !== undefined)
  const resource = objects.resources.findStored(storeKey)
  if (!resource) return
  if (present.length === 0)
    objects.delete(resource, object.metadata.namespace, object.metadata.name, { uid: object.metadata.uid })
  else if (present.length < owners.length)
    objects.mutate(
      storeKey,
      object,
      (draft) => {
        draft.metadata.ownerReferences = present
      },
      { manager },
    )
  const going = present
    .map((owner) => ownerOf(context, object, owner))
    .find((owner) => owner !== 'unknown' && owner && isHeld(owner) && owner.metadata.finalizers?.includes(foreground))
  if (going && present.length === 1)
    objects.delete(resource, object.metadata.namespace, object.metadata.name, {
      uid: object.metadata.uid,
      propagationPolicy: 'Foreground',
    })
}

/** Brings an object that waits for its dependents on. */
function settle(context: ControllerContext, storeKey: string, object: KubeObject): void {
  const { objects } = context
  const dependents = dependentsOf(context, object)
  const isOrphaning = object.metadata.finalizers?.includes(orphan) === true
  for (const each of dependents) {
    const resource = objects.resources.findStored(each.storeKey)
    if (!resource) continue
    if (isOrphaning)
      objects.mutate(
        each.storeKey,
        each.object,
        (draft) => {
          draft.metadata.ownerReferences = draft.metadata.ownerReferences?.filter(
            (owner) => owner.uid !== object.metadata.uid,
          )
        },
        { manager },
      )
    else if (!each.object.metadata.deletionTimestamp)
      objects.delete(resource, each.object.metadata.namespace, each.object.metadata.name, {
        uid: each.object.metadata.uid,
        propagationPolicy: 'Foreground',
      })
  }
  const blockers = dependentsOf(context, object).filter((each) =>
    each.object.metadata.ownerReferences?.some(
      (owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion,
    ),
  )
  if (!isOrphaning && blockers.length > 0) return
  objects.mutate(
    storeKey,
    object,
    (draft) => {
      draft.metadata.finalizers = draft.metadata.finalizers?.filter(
        (each) => each !== (isOrphaning ? orphan : foreground),
      )
    },
    { manager },
  )
}
