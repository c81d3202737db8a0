import { setTimeout as delay } from 'node:timers/promises'
import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import type { Kind } from './kinds.ts'
import type { KubernetesObject } from './object.ts'
import { isExpired, type WatchEvent } from './watching.ts'

export interface FollowOptions<Kept> {
  /** Absent: all namespaces. */
  readonly namespace?: string
  /** What is remembered of an object; null for nothing. Keep it small: the whole object is forgotten. */
  readonly keep: (object: KubernetesObject) => Kept | null
  /** Most objects remembered. */
  readonly itemsMax: number
  readonly now: () => Date
  /** Ends it. */
  readonly signal: AbortSignal
}

/** The objects of one kind as they are now. */
export interface Followed<Kept> {
  /** By `namespace/name`. */
  items(): ReadonlyMap<string, Kept>
  /** Seconds since the API server last said anything; null before it said everything once. */
  ageSeconds(): number | null
  /** Whether there were more objects than are remembered. */
  isTruncated(): boolean
  /** @throws {GridError} `service.unavailable` before the first list, `kube.unreachable` when it is too old to be believed */
  requireFresh(): void
  /** Settles when it has ended. */
  readonly done: Promise<void>
}

/** Objects asked for at once: a page is in memory as a whole, and of each object only little is kept. */
const pageItemsMax = 100
/** Pause after a failure, in ms; it doubles. */
const pauseMsMin = 250
const pauseMsMax = 10_000
/** A bookmark comes every minute, and a lost connection shows after 150 s. */
const ageSecondsMax = 180
/** While the API server is known to fail, what it said is believed for this long. */
const failingSecondsMax = 30

/** What is known, and how the next watch goes on. */
interface State<Kept> {
  items: Map<string, Kept>
  version: string | null
  heardAt: number | null
  isFailing: boolean
  isTruncated: boolean
}

/**
 * Follows the objects of one kind: lists them, then watches from there on; lists anew when the API server has forgotten the
 * version (410). Failures are tried again until the signal ends it; how old the knowledge is, is the reader's to ask.
 */
export function follow<Kept>(client: KubeClient, kind: Kind, options: FollowOptions<Kept>): Followed<Kept> {
  const state: State<Kept> = {
    items: new Map(),
    version: null,
    heardAt: null,
    isFailing: false,
    isTruncated: false,
  }
  const ageSeconds = (): number | null =>
    state.heardAt === null ? null : Math.max(0, (options.now().getTime() - state.heardAt) / 1000)
  return {
    items: () => state.items,
    ageSeconds,
    isTruncated: () => state.isTruncated,
    requireFresh() {
      const age = ageSeconds()
      if (age === null)
        throw new GridError('service.unavailable', `the ${kind.plural} are not known yet`, { retryAfterSeconds: 1 })
      if (age > (state.isFailing ? failingSecondsMax : ageSecondsMax))
        throw new GridError('kube.unreachable', `watching ${kind.plural}: the API server does not answer`)
    },
    done: keepFollowing(client, kind, options, state),
  }
}

async function keepFollowing<Kept>(
  client: KubeClient,
  kind: Kind,
  options: FollowOptions<Kept>,
  state: State<Kept>,
): Promise<void> {
  const { signal, now } = options
  let pause = pauseMsMin
  while (!signal.aborted) {
    try {
      if (state.version === null) await list(client, kind, options, state)
      const { namespace } = options
      const events = await client.watch(kind, { namespace, resourceVersion: state.version ?? '', signal })
      state.isFailing = false
      state.heardAt = now().getTime()
      for await (const event of events) {
        pause = pauseMsMin
        state.heardAt = now().getTime()
        note(event, options, state)
      }
    } catch (error) {
      if (isExpired(error)) state.version = null
      else state.isFailing = true
    }
    await delay(pause, undefined, { signal }).catch(() => undefined)
    pause = Math.min(pause * 2, pauseMsMax)
  }
}

async function list<Kept>(
  client: KubeClient,
  kind: Kind,
  { namespace, keep, itemsMax, now }: FollowOptions<Kept>,
  state: State<Kept>,
): Promise<void> {
  const items = new Map<string, Kept>()
  const selected = namespace === undefined ? {} : { namespace }
  let next: string | undefined
  let version: string | undefined
  do {
    const page = await client.page(kind, { ...selected, limit: pageItemsMax, next })
    for (const object of page.items) remember(items, object, keep(object), itemsMax)
    next = page.next
    version ??= page.resourceVersion
  } while (next !== undefined && items.size < itemsMax)
  state.items = items
  state.version = version ?? null
  state.isTruncated = next !== undefined
  state.heardAt = now().getTime()
}

function note<Kept>({ type, object }: WatchEvent, options: FollowOptions<Kept>, state: State<Kept>): void {
  state.version = object.metadata.resourceVersion ?? state.version
  if (type === 'BOOKMARK') return
  const kept = type === 'DELETED' ? null : options.keep(object)
  if (!remember(state.items, object, kept, options.itemsMax)) state.isTruncated = true
}

/** False when there is no room for it. */
function remember<Kept>(
  items: Map<string, Kept>,
  { metadata }: KubernetesObject,
  kept: Kept | null,
  itemsMax: number,
): boolean {
  const key = `${metadata.namespace ?? ''}/${metadata.name}`
  if (kept === null) items.delete(key)
  else if (items.has(key) || items.size < itemsMax) items.set(key, kept)
  else return false
  return true
}
