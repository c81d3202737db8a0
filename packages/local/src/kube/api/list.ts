import type { KubeObject } from '../object.ts'
import { keyOf } from '../object.ts'
import { apiVersionOf, type Resource, storeKeyOf } from '../resources.ts'
import { parseFieldSelector, parseLabelSelector } from '../selectors.ts'
import { badRequest, StatusError } from '../status-error.ts'
import type { Store } from '../store.ts'

/** Which objects a list or a watch is about. */
export interface Scope {
  resource: Resource
  namespace: string | undefined
  matches: (object: KubeObject) => boolean
  isSelective: boolean
}

export interface Page {
  items: KubeObject[]
  revision: number
  continueToken: string | undefined
  remaining: number | undefined
}

/** The scope that the selectors of a request describe. @throws {StatusError} 400 for selectors that cannot be read. */
export function scopeOf(resource: Resource, namespace: string | undefined, query: URLSearchParams): Scope {
  const labelText = query.get('labelSelector') ?? ''
  const fieldText = query.get('fieldSelector') ?? ''
  const byLabels = parseLabelSelector(labelText)
  const byFields = parseFieldSelector(fieldText, resource)
  return {
    resource,
    namespace,
    matches: (object) => byLabels(object.metadata.labels ?? {}) && byFields(object),
    isSelective: labelText !== '' || fieldText !== '',
  }
}

/**
 * One page of a list. Pages of one list all show the revision of the first.
 * @throws {StatusError} 400 for a bad token, 410 when its revision is no longer known, 504 for a revision of the future.
 */
export function pageOf(store: Store, scope: Scope, query: URLSearchParams): Page {
  const token = query.get('continue')
  const from = token ? readToken(token) : undefined
  const revision = from?.revision ?? wishedRevision(store, query) ?? store.revision
  const all = objectsAt(store, scope, revision, token !== null && token !== '')
  const matching = all.filter((object) => scope.matches(object))
  const rest = from ? matching.filter((object) => keyOf(object.metadata) > from.after) : matching
  const limit = Number(query.get('limit') ?? 0)
  if (!Number.isInteger(limit) || limit < 0) throw badRequest('limit must be a non-negative number')
  const items = limit > 0 ? rest.slice(0, limit) : rest
  const last = items.at(-1)
  const hasMore = items.length < rest.length && last !== undefined
  return {
    items: items.map((object) => inVersion(scope.resource, object)),
    revision,
    continueToken: hasMore ? writeToken(revision, keyOf(last.metadata)) : undefined,
    remaining: hasMore && !scope.isSelective ? rest.length - items.length : undefined,
  }
}

function objectsAt(store: Store, scope: Scope, revision: number, isContinued: boolean): KubeObject[] {
  const key = storeKeyOf(scope.resource)
  if (revision === store.revision) return store.list(key, scope.namespace)
  try {
    return store.listAt(revision, key, scope.namespace)
  } catch (error) {
    if (!isContinued || !(error instanceof StatusError)) throw error
    throw new StatusError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    )
  }
}

function wishedRevision(store: Store, query: URLSearchParams): number | undefined {
  const text = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  if (text === '' || text === '0') {
    if (match === 'Exact') throw badRequest('resourceVersionMatch Exact needs a resourceVersion')
    return undefined
  }
  const wished = readRevision(text)
  assertNotFuture(store, wished)
  return match === 'Exact' ? wished : undefined
}

/** Reads a `resourceVersion`. @throws {StatusError} 400. */
export function readRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw badRequest(
    `Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
  )
}

/** @throws {StatusError} 504 when the revision is not there yet. */
export function assertNotFuture(store: Store, revision: number): void {
  if (revision <= store.revision) return
  const cause = { reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }
  throw new StatusError(504, 'Timeout', `Too large resource version: ${revision}, current: ${store.revision}`, {
    causes: [cause],
    retryAfterSeconds: 1,
  })
}

const writeToken = (revision: number, after: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url')

function readToken(token: string): { revision: number; after: string } {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as {
      rv: unknown
      start: unknown
    }
    if (typeof rv === 'number' && typeof start === 'string') return { revision: rv, after: start }
  } catch {
    // Answered below like any other bad token.
  }
  throw badRequest('continue key is not valid')
}

/** An object under the API version of the request: versions of a kind differ by name only here. */
export const inVersion = (resource: Resource, object: KubeObject): KubeObject =>
  object.apiVersion === apiVersionOf(resource) ? object : { ...object, apiVersion: apiVersionOf(resource) }
