import { copy, type KubeObject, type Tree, textAt, treeAt } from '../object.ts'
import { apiVersionOf, type Resource } from '../resources.ts'
import { prune } from '../schema/prune.ts'
import { badRequest } from '../status-error.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** Reads the `fieldValidation` parameter; the default is `Warn`, as in the real API server. */
export function fieldValidationOf(query: URLSearchParams): FieldValidation {
  const value = query.get('fieldValidation') ?? 'Warn'
  if (value === 'Ignore' || value === 'Warn' || value === 'Strict' || value === '') return value === '' ? 'Warn' : value
  throw badRequest(
    `fieldValidation: Unsupported value: ${JSON.stringify(value)}: supported values: "Ignore", "Strict", "Warn"`,
  )
}

/**
 * A body as an object of the resource: type checked, unknown members left out.
 * @param warnings gets one sentence per unknown member when validation is `Warn`.
 * @throws {StatusError} 400 for another type, a wrong value type, or unknown members when validation is `Strict`.
 */
export function decode(resource: Resource, body: Tree, validation: FieldValidation, warnings: string[]): KubeObject {
  assertType(resource, body)
  const pruned = prune(body, resource.schema)
  const [mismatch] = pruned.mismatches
  if (mismatch) throw badRequest(`${decodeText(resource)}: json: cannot unmarshal ${mismatch}`)
  if (pruned.unknown.length > 0 && validation === 'Strict') {
    const fields = pruned.unknown.map((path) => `unknown field ${JSON.stringify(path)}`).join(', ')
    throw badRequest(`${decodeText(resource)}: strict decoding error: ${fields}`)
  }
  if (validation === 'Warn') warnings.push(...pruned.unknown.map((path) => `unknown field ${JSON.stringify(path)}`))
  const object = pruned.value as Tree
  return {
    ...object,
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: treeAt(object, 'metadata'),
  } as unknown as KubeObject
}

/**
 * An apply configuration: as `decode`, but unknown members are always refused.
 * @throws {StatusError} 400.
 */
export function decodeConfiguration(resource: Resource, body: Tree): Tree {
  assertType(resource, body)
  if (treeAt(body, 'metadata').managedFields !== undefined && treeAt(body, 'metadata').managedFields !== null)
    throw badRequest('metadata.managedFields must be nil')
  const pruned = prune(body, resource.schema)
  const [unknown] = pruned.unknown
  const [mismatch] = pruned.mismatches
  if (unknown === undefined && mismatch === undefined) return copy(pruned.value as Tree)
  const { namespace, name } = treeAt(body, 'metadata')
  const subject = `${namespace ? `${String(namespace)}/` : ''}${String(name)}; ${apiVersionOf(resource)}, Kind=${resource.kind}`
  const detail = unknown === undefined ? `.${mismatch ?? ''}` : `.${unknown}: field not declared in schema`
  throw badRequest(`failed to create typed patch object (${subject}): ${detail}`)
}

const decodeText = (resource: Resource): string =>
  `${resource.kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${resource.kind}`

function assertType(resource: Resource, body: Tree): void {
  const kind = textAt(body, 'kind')
  const version = textAt(body, 'apiVersion')
  // Built-in kinds are known by their path; a custom one must say what it is.
  if (resource.custom && kind === '')
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): Object 'Kind' is missing in '${JSON.stringify(body)}'`,
    )
  if ((kind !== '' && kind !== resource.kind) || (version !== '' && version !== apiVersionOf(resource)))
    throw badRequest(
      `the API version in the data (${version}, Kind=${kind}) does not match the expected API version (${apiVersionOf(resource)}, Kind=${resource.kind})`,
    )
}
