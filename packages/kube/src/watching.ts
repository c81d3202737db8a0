import { GridError } from '@gridgate/core/errors'
import { collectionPath, type Kind } from './kinds.ts'
import { fromNetwork } from './kube-errors.ts'
import { type KubernetesObject, member, numberAt, parsedJson, textAt } from './object.ts'
import { asObject, type Rest } from './rest.ts'

/** The server is asked to end a watch after this long, in seconds; the next one goes on where it ended. */
const watchSecondsMax = 300
/** Bookmarks come every minute, so a connection that is silent for longer than this is dead; in ms. */
const silenceMsMax = 150_000

export interface WatchOptions {
  readonly namespace?: string | undefined
  /** Of the list or event before. */
  readonly resourceVersion: string
  readonly signal: AbortSignal
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: KubernetesObject }
  /** Nothing of interest changed up to this version. */
  | { readonly type: 'BOOKMARK'; readonly object: KubernetesObject }

/**
 * Opens a watch and gives its events, until the server ends it or the signal does.
 * @throws {GridError} also while events are read: `kube.failed` with `details.status` 410 when the version is too old
 */
export async function watch(rest: Rest, kind: Kind, options: WatchOptions): Promise<AsyncIterable<WatchEvent>> {
  const action = `watching ${kind.plural}`
  const { namespace, resourceVersion, signal } = options
  const query = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(watchSecondsMax),
    resourceVersion,
  })
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(new Error('no bookmark came')), silenceMsMax).unref()
  const path = `${collectionPath(kind, namespace)}?${query}`
  const lines = await rest
    .lines(action, { method: 'GET', path }, AbortSignal.any([signal, silence.signal]))
    .catch((error: unknown) => {
      clearTimeout(timer)
      throw error
    })
  return events(lines, action, timer)
}

async function* events(
  lines: AsyncIterable<string>,
  action: string,
  timer: NodeJS.Timeout,
): AsyncGenerator<WatchEvent> {
  try {
    for await (const line of lines) {
      timer.refresh()
      yield eventOf(line, action)
    }
  } catch (error) {
    throw fromNetwork(error, action)
  } finally {
    clearTimeout(timer)
  }
}

function eventOf(line: string, action: string): WatchEvent {
  const event = parsedJson(line)
  const type = textAt(event, 'type')
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK')
    return { type, object: asObject(member(event, 'object'), action) }
  const status = numberAt(event, 'object', 'code') ?? 0
  throw new GridError('kube.failed', `${action}: the API server ended the watch`, { details: { status } })
}

/** Whether a list or watch cannot go on from its version, so that it must begin anew. */
export const isExpired = (error: unknown): boolean =>
  error instanceof GridError && error.code === 'kube.failed' && error.details?.status === 410
