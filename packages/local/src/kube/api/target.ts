import { apiVersionOf, type Resource, type Resources } from '../resources.ts'
import { badRequest, noSuchPath } from '../status-error.ts'

/** What a path under `/api` or `/apis` points at. */
export interface Target {
  resource: Resource
  namespace: string | undefined
  /** Empty for a collection. */
  name: string
  /** Empty for the object itself; what follows it otherwise, for example `status` or `proxy/a/b`. */
  subresource: string
}

/** The resource, object and subresource of a path. @throws {StatusError} 404 for what is not served. */
export function targetOf(resources: Resources, path: string): Target {
  const parts = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodePart)
  const [group, version, rest] =
    parts[0] === 'api' ? ['', parts[1] ?? '', parts.slice(2)] : [parts[1] ?? '', parts[2] ?? '', parts.slice(3)]
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2 && !isNamespacePart(rest[2] ?? '', rest.length)
  const namespace = isNamespaced ? rest[1] : undefined
  const [plural = '', name = '', ...below] = isNamespaced ? rest.slice(2) : rest
  const resource = resources.find(group, version, plural)
  if (!resource || (namespace !== undefined && !resource.namespaced)) throw noSuchPath()
  if (resource.namespaced && namespace === undefined && name !== '') throw noSuchPath()
  return { resource, namespace, name, subresource: below.join('/') }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw badRequest(`the path is not readable at ${JSON.stringify(part)}`)
  }
}

const isNamespacePart = (part: string, length: number): boolean =>
  length === 3 && (part === 'status' || part === 'finalize')

/** RBAC's name of what a request does. */
export function verbOf(method: string, target: Target, isWatch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      return target.name !== '' ? 'get' : isWatch ? 'watch' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return target.name === '' ? 'deletecollection' : 'delete'
    default:
      return method.toLowerCase()
  }
}

/** `apps/v1` and `Deployment` as list heads need them. */
export const listHead = (resource: Resource): { apiVersion: string; kind: string } => ({
  apiVersion: apiVersionOf(resource),
  kind: `${resource.kind}List`,
})
