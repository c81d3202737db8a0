import { createHash } from 'node:crypto'
import type { KubeClient } from '../client.ts'
import { kinds } from '../kinds.ts'
import type { KubernetesObject } from '../object.ts'

/** Where Kubernetes keeps the events of nodes, which are in no namespace. */
const clusterNamespace = 'default'
/** Longest message that Kubernetes takes, in characters. */
const messageCharactersMax = 1024
/** Longest part of the object's name in the event's own, in characters. */
const nameCharactersMax = 200
const component = 'gridgate-controller'
/** Events written at the same time. */
const togetherMax = 8

/** Something that is to be said of a node or a JobSet. */
export interface EventNote {
  readonly kind: 'Node' | 'JobSet'
  readonly namespace: string | null
  readonly name: string
  readonly uid: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/**
 * Writes Kubernetes Events for an action. An event is named after the action, its reason and its object, so that a repetition
 * makes no second one and changes nothing.
 * @returns how many are new
 */
export async function recordEvents(
  client: Pick<KubeClient, 'create'>,
  action: string,
  notes: readonly EventNote[],
  at: Date,
): Promise<number> {
  let recorded = 0
  for (let from = 0; from < notes.length; from += togetherMax) {
    const batch = notes.slice(from, from + togetherMax)
    const made = await Promise.all(batch.map((note) => client.create(eventOf(action, note, at))))
    recorded += made.filter((isNew) => isNew).length
  }
  return recorded
}

function eventOf(action: string, note: EventNote, at: Date): KubernetesObject {
  const { kind, name, uid, type, reason } = note
  const { apiVersion } = kind === 'Node' ? kinds.node : kinds.jobSet
  const place = kind === 'Node' || note.namespace === null ? {} : { namespace: note.namespace }
  const digest = createHash('sha256')
    .update(JSON.stringify([action, reason, kind, uid]))
    .digest('hex')
    .slice(0, 16)
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z')
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name.slice(0, nameCharactersMax)}.${digest}`,
      namespace: place.namespace ?? clusterNamespace,
      annotations: { 'gridgate.io/action': action },
    },
    involvedObject: { apiVersion, kind, name, uid, ...place },
    type,
    reason,
    message: note.message.slice(0, messageCharactersMax),
    source: { component },
    reportingComponent: component,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}
