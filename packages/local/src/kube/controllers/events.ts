import type { KubeObject } from '../object.ts'
import { StatusError } from '../status-error.ts'
import type { ControllerContext } from './runner.ts'

export interface Incident {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  source: string
}

/** Events older than this are forgotten, as in the real API server. */
const eventMsMax = 3_600_000
/** Most events that are kept at all. */
const eventsMax = 500

/** Writes an Event about an object; the same incident again only counts up. A namespace that is going away takes none. */
export function recordEvent({ objects, store }: ControllerContext, about: KubeObject, incident: Incident): void {
  const namespace = about.metadata.namespace ?? 'default'
  const now = objects.now()
  const same = store.list('events', namespace).find((event) => isSame(event, about, incident))
  const write = { manager: incident.source }
  if (same) {
    objects.mutate(
      'events',
      same,
      (draft) => {
        draft.count = Number(draft.count ?? 1) + 1
        draft.lastTimestamp = now
      },
      write,
    )
    return
  }
  const { apiVersion, kind, metadata } = about
  const involvedObject = {
    apiVersion,
    kind,
    name: metadata.name,
    namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
  }
  const name = `${metadata.name.slice(0, 230)}.${Math.floor(performance.now() * 1000 + objects.clock.now() * 1000).toString(16)}`
  const body = {
    metadata: { name, namespace },
    involvedObject,
    ...{ type: incident.type, reason: incident.reason, message: incident.message },
    source: { component: incident.source },
    reportingComponent: incident.source,
    reportingInstance: '',
    ...{ count: 1, firstTimestamp: now, lastTimestamp: now, eventTime: null },
  }
  try {
    objects.create(objects.resources.get('events'), namespace, body, write)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
  }
  forgetOld({ objects, store })
}

function isSame(event: KubeObject, about: KubeObject, incident: Incident): boolean {
  const involved = event.involvedObject as { uid?: string } | undefined
  return involved?.uid === about.metadata.uid && event.reason === incident.reason && event.message === incident.message
}

function forgetOld({ objects, store }: Pick<ControllerContext, 'objects' | 'store'>): void {
  const events = store.list('events').sort((a, b) => String(a.lastTimestamp).localeCompare(String(b.lastTimestamp)))
  const oldest = objects.clock.now() - eventMsMax
  const excess = events.length - eventsMax
  for (const [index, event] of events.entries())
    if (index < excess || Date.parse(String(event.lastTimestamp)) < oldest)
      objects.delete(objects.resources.get('events'), event.metadata.namespace, event.metadata.name)
}
