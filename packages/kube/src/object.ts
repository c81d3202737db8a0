/** Metadata as every Kubernetes object carries it; only what Gridgate reads. */
export interface Metadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
}

/** Any Kubernetes object. Fields beyond the metadata are looked at where they are needed, never trusted. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: Metadata
  [field: string]: unknown
}

/** Enough to find one object. */
export interface ObjectReference {
  apiVersion: string
  kind: string
  name: string
  namespace?: string
}

/** The reference of an object that was read or is to be written. */
export function referenceOf(object: KubernetesObject): ObjectReference {
  const { name, namespace } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

/** `Kind namespace/name`, as people read it in errors and task steps. */
export function describeReference(reference: ObjectReference): string {
  return `${reference.kind} ${reference.namespace === undefined ? '' : `${reference.namespace}/`}${reference.name}`
}

/** The member of an unknown value, or undefined where the value is no object. */
export function member(value: unknown, ...path: string[]): unknown {
  let current = value
  for (const key of path) {
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, key)) return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

/** The list at `path` of an unknown value; empty where there is none. */
export function listAt(value: unknown, ...path: string[]): unknown[] {
  const found = member(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The text at `path` of an unknown value, or undefined. */
export function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = member(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The number at `path` of an unknown value, or undefined. */
export function numberAt(value: unknown, ...path: string[]): number | undefined {
  const found = member(value, ...path)
  return typeof found === 'number' ? found : undefined
}

/** What a server wrote as JSON, or undefined where it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
