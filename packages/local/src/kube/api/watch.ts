import type { ServerResponse } from 'node:http'
import type { Clock } from '../../clock.ts'
import type { KubeObject, Tree } from '../object.ts'
import { apiVersionOf, storeKeyOf } from '../resources.ts'
import { badRequest, expired, StatusError } from '../status-error.ts'
import type { Change, Store } from '../store.ts'
import { inVersion, readRevision, type Scope } from './list.ts'
import { isSet } from './request.ts'

/** How long a watch stays open when the request does not say. */
const watchSecondsDefault = 1800
const bookmarkMs = 60_000
/** A watcher that does not read is cut off once this much waits for it. */
const waitingBytesMax = 8 * 2 ** 20

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: Tree
}

/** Shapes one object for the watcher: as it is, or as a table row. */
export type Shape = (object: KubeObject) => Tree

/**
 * Streams the changes of a scope: from `resourceVersion` on, or first everything that is there when none is given (or
 * `sendInitialEvents` is). Ends after `timeoutSeconds`.
 * @throws {StatusError} 400 for parameters that cannot be read.
 */
export function watch(
  store: Store,
  clock: Clock,
  scope: Scope,
  query: URLSearchParams,
  shape: Shape,
): (response: ServerResponse) => void {
  const text = query.get('resourceVersion') ?? ''
  const wantsBookmarks = isSet(query, 'allowWatchBookmarks')
  const wantsInitial = isSet(query, 'sendInitialEvents')
  if (wantsInitial && query.get('resourceVersionMatch') !== 'NotOlderThan')
    throw badRequest(
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    )
  const from = text === '' || text === '0' || wantsInitial ? undefined : readRevision(text)
  const seconds = Number(query.get('timeoutSeconds') ?? 0) || watchSecondsDefault

  return (response) => {
    const watcher = new Watcher(store, scope, shape, response)
    const stops = [
      store.subscribe((change) => watcher.changed(change)),
      clock.at(clock.now() + seconds * 1000, () => response.end()),
    ]
    const bookmark = (): void => {
      watcher.bookmark({})
      stops.push(clock.at(clock.now() + bookmarkMs, bookmark))
    }
    if (wantsBookmarks) stops.push(clock.at(clock.now() + bookmarkMs, bookmark))
    response.on('close', () => {
      for (const stop of stops) stop()
    })
    watcher.begin(from)
    if (wantsInitial && wantsBookmarks) watcher.bookmark({ 'k8s.io/initial-events-end': 'true' })
  }
}

class Watcher {
  readonly #store: Store
  readonly #scope: Scope
  readonly #shape: Shape
  readonly #response: ServerResponse

  constructor(store: Store, scope: Scope, shape: Shape, response: ServerResponse) {
    this.#store = store
    this.#scope = scope
    this.#shape = shape
    this.#response = response
  }

  /** Sends what the watcher has missed: everything, or the changes since a revision. */
  begin(from: number | undefined): void {
    this.#response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
    this.#response.flushHeaders()
    if (from === undefined) {
      for (const object of this.#store.list(storeKeyOf(this.#scope.resource), this.#scope.namespace))
        if (this.#scope.matches(object)) this.#send('ADDED', object)
      return
    }
    try {
      for (const change of this.#store.changesAfter(from)) this.changed(change)
    } catch (error) {
      // The real server opens the watch and says so in its first event.
      const status = error instanceof StatusError ? error : expired(`too old resource version: ${from}`)
      this.#write({ type: 'ERROR', object: status.toStatus() })
      this.#response.end()
    }
  }

  /** An object that leaves or enters the selection is deleted or added for this watcher. */
  changed(change: Change): void {
    const { resource, namespace, matches } = this.#scope
    if (change.storeKey !== storeKeyOf(resource)) return
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return
    const did = change.previous !== undefined && matches(change.previous)
    const does = change.type !== 'DELETED' && matches(change.object)
    if (!did && does) this.#send('ADDED', change.object)
    else if (did && does) this.#send('MODIFIED', change.object)
    else if (did && change.type === 'DELETED') this.#send('DELETED', change.object)
    else if (did && change.previous) this.#send('DELETED', atRevision(change.previous, change.revision))
  }

  /** Tells the watcher how far it has seen. */
  bookmark(annotations: Record<string, string>): void {
    const { resource } = this.#scope
    const metadata = { resourceVersion: String(this.#store.revision), creationTimestamp: null, annotations }
    this.#write({ type: 'BOOKMARK', object: { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata } })
  }

  #send(type: WatchEvent['type'], object: KubeObject): void {
    this.#write({ type, object: this.#shape(inVersion(this.#scope.resource, object)) })
  }

  #write(event: WatchEvent): void {
    if (this.#response.writableEnded || this.#response.destroyed) return
    this.#response.write(`${JSON.stringify(event)}\n`)
    if (this.#response.writableLength > waitingBytesMax) this.#response.destroy()
  }
}

const atRevision = (object: KubeObject, revision: number): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: String(revision) },
})
