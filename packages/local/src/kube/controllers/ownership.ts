import { createHash } from 'node:crypto'
import { type KubeObject, keyOf, type Metadata, type OwnerReference, type Tree } from '../object.ts'
import { nameSuffix } from '../rules/metadata.ts'
import type { Pod, PodTemplate } from '../shapes.ts'
import type { Change, Store } from '../store.ts'
import type { ControllerContext } from './runner.ts'

/** The reference by which an object names the one that controls it. */
export const ownerReference = (owner: KubeObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
})

/** The controller of an object, or undefined. */
export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller)

/** The objects of a kind that an owner controls. */
export const ownedBy = <T extends KubeObject>(store: Store, storeKey: string, owner: KubeObject): T[] =>
  store
    .list(storeKey, owner.metadata.namespace)
    .filter((object) => controllerOf(object)?.uid === owner.metadata.uid) as T[]

/** Keys for a controller: the changed object itself when it is of the kind, or its controller when that is. */
export function keysOfOwned(change: Change, storeKey: string, kind: string): string[] {
  if (change.storeKey === storeKey) return [keyOf(change.object.metadata)]
  return [change.object, ...(change.previous ? [change.previous] : [])].flatMap((object) => {
    const owner = controllerOf(object)
    return owner?.kind === kind ? [keyOf({ namespace: object.metadata.namespace, name: owner.name })] : []
  })
}

/** Ten characters that stand for a template: another template has others. */
export function templateHash(template: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(template)).digest()
  const letters = 'bcdfghjklmnpqrstvwxz2456789'
  return [...digest.subarray(0, 10)].map((byte) => letters[byte % letters.length]).join('')
}

export interface PodExtras {
  /** The whole name. */
  name?: string
  /** What the name begins with, before its random end; the owner's name when absent. */
  prefix?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  spec?: Tree
}

/** Creates a pod from its owner's template. */
export function createPod(
  { objects }: ControllerContext,
  owner: KubeObject,
  template: PodTemplate,
  manager: string,
  extras: PodExtras = {},
): KubeObject {
  const base = (extras.prefix ?? owner.metadata.name).slice(0, 57)
  const metadata: Partial<Metadata> = {
    name: extras.name ?? `${base}-${nameSuffix()}`,
    ...(extras.name === undefined ? { generateName: `${base}-` } : {}),
    namespace: owner.metadata.namespace,
    labels: { ...template.metadata?.labels, ...extras.labels },
    annotations: { ...template.metadata?.annotations, ...extras.annotations },
    finalizers: template.metadata?.finalizers,
    ownerReferences: [ownerReference(owner)],
  }
  const body = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...template.spec, ...extras.spec } }
  return objects.create(objects.resources.get('pods'), owner.metadata.namespace, body, { manager })
}

/** Removes a pod in its own time; one that is gone already is fine. */
export function removePod({ objects, store }: ControllerContext, pod: Pod): void {
  const { namespace, name } = pod.metadata
  if (store.get('pods', namespace, name)) objects.delete(objects.resources.get('pods'), namespace, name)
}

/** A count, or a percentage of a total, as a number of pods. */
export function scaledCount(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const part = (Number.parseFloat(value ?? '0') / 100) * total
  return round === 'up' ? Math.ceil(part) : Math.floor(part)
}
