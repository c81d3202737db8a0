import type { KubeObject, Tree } from '../object.ts'
import type { Resource } from '../resources.ts'
import type { Representation } from './request.ts'
import { tableOf } from './table.ts'
import type { Shape } from './watch.ts'

/** An object's metadata alone, as metadata clients want it. */
export const metadataOnly = (object: KubeObject): Tree => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
})

/** One object in the form that was asked for. */
export function objectAs(
  form: Representation,
  resource: Resource,
  object: KubeObject,
  now: number,
  query: URLSearchParams,
): Tree {
  if (form.as === 'metadata') return metadataOnly(object)
  if (form.as === 'object') return object
  return { ...tableOf(resource, [object], now, query), metadata: { resourceVersion: object.metadata.resourceVersion } }
}

/** How a watch shapes its objects. Of tables, only the first has column definitions. */
export function shapeFor(form: Representation, resource: Resource, now: () => number, query: URLSearchParams): Shape {
  let isFirst = true
  return (object) => {
    const shaped = objectAs(form, resource, object, now(), query)
    if (form.as !== 'table') return shaped
    const columns = isFirst ? shaped.columnDefinitions : null
    isFirst = false
    return { ...shaped, columnDefinitions: columns }
  }
}
