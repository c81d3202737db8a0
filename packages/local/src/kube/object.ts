/** A JSON object whose members are looked at one by one. */
export type Tree = { [member: string]: unknown }

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean | undefined
  blockOwnerDeletion?: boolean | undefined
}

/** One manager's share of an object (Kubernetes API conventions, server-side apply). */
export interface ManagedFields {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time?: string | undefined
  fieldsType: 'FieldsV1'
  fieldsV1: Tree
  subresource?: string | undefined
}

export interface Metadata {
  name: string
  generateName?: string | undefined
  namespace?: string | undefined
  uid: string
  resourceVersion: string
  generation?: number | undefined
  creationTimestamp: string
  deletionTimestamp?: string | undefined
  deletionGracePeriodSeconds?: number | undefined
  labels?: Record<string, string> | undefined
  annotations?: Record<string, string> | undefined
  ownerReferences?: OwnerReference[] | undefined
  finalizers?: string[] | undefined
  managedFields?: ManagedFields[] | undefined
}

/** What every stored object has. Kinds that the controllers read have shapes of their own in `shapes.ts`. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: Metadata
  [member: string]: unknown
}

/** True for a JSON object, false for a list, null or a plain value. */
export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of member names, or undefined where the path ends early. */
export function at(value: unknown, ...path: string[]): unknown {
  let here = value
  for (const member of path) here = isTree(here) ? here[member] : undefined
  return here
}

/** The JSON object at a path; an empty one where there is none. */
export function treeAt(value: unknown, ...path: string[]): Tree {
  const found = at(value, ...path)
  return isTree(found) ? found : {}
}

/** The list of JSON objects at a path; anything else in the list is left out. */
export function treesAt(value: unknown, ...path: string[]): Tree[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found.filter(isTree) : []
}

/** The text at a path, or an empty text. */
export function textAt(value: unknown, ...path: string[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** The number at a path, or the given one. */
export function numberAt(value: unknown, otherwise: number, ...path: string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : otherwise
}

/** A copy that shares nothing with the original and has no undefined members. */
export const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

/** Makes a value and all in it unchangeable, so that stored objects can be handed out without copying. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}

/** A time as Kubernetes writes it: UTC, whole seconds. */
export const timeText = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')

/** `namespace/name`, or the name alone for cluster-wide objects. */
export const keyOf = (metadata: { namespace?: string | undefined; name: string }): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name

/** Splits what `keyOf` made. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/')
  return slash < 0
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
