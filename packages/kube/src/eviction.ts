import type { GridError } from '@gridgate/core/errors'
import { objectPath } from './kinds.ts'
import { fromReply } from './kube-errors.ts'
import { listAt, parsedJson, textAt } from './object.ts'
import type { Rest } from './rest.ts'
import type { Reply } from './transport.ts'

export interface EvictOptions {
  /** Only the pod with this UID: never its successor of the same name. */
  readonly uid: string
  /** The pod's own grace period unless given, in seconds. */
  readonly graceSeconds?: number | undefined
}

/** `accepted`: the pod is on its way out, which may take its grace period. `gone`: there is no such pod (any more). */
export type Eviction =
  | { readonly outcome: 'accepted' | 'gone' }
  | {
      readonly outcome: 'blocked'
      /** The PodDisruptionBudget, where Kubernetes names it. */
      readonly budget: string | null
      readonly reason: EvictionBlock
    }
export type EvictionBlock = 'budget' | 'several_budgets' | 'namespace_terminating'

/** A budget's 429 and the 500 for several budgets are answers; asking again at once would not change them. */
const busyStatuses = [502, 503, 504]

/** Asks politely for a pod to go (`policy/v1` Eviction): its disruption budget may refuse, and is never overridden. */
export async function evict(
  rest: Rest,
  pod: { namespace: string; name: string },
  { uid, graceSeconds }: EvictOptions,
): Promise<Eviction> {
  const action = `evicting Pod ${pod.namespace}/${pod.name}`
  const path = `${objectPath({ apiVersion: 'v1', kind: 'Pod', ...pod })}/eviction`
  const grace = graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }
  const deleteOptions = { preconditions: { uid }, ...grace }
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: pod, deleteOptions }
  const reply = await rest.send(action, { method: 'POST', path, body: JSON.stringify(body) }, busyStatuses)
  if (reply.status < 300) return { outcome: 'accepted' }
  if (reply.status === 404) return { outcome: 'gone' }
  return blockOf(reply) ?? unlessReplaced(fromReply(reply, action))
}

/** 409 says that the UID is another one: the pod is gone, and a new one has its name. */
function unlessReplaced(error: GridError): Eviction {
  if (error.code === 'kube.conflict') return { outcome: 'gone' }
  throw error
}

function blockOf(reply: Reply): Eviction | null {
  const status = parsedJson(reply.text)
  const causes = listAt(status, 'details', 'causes')
  const about = causes.find((cause) => textAt(cause, 'reason') === 'DisruptionBudget')
  if (reply.status === 429 && about) {
    const budget = /^The disruption budget (\S{1,253}) /.exec(textAt(about, 'message') ?? '')?.[1] ?? null
    return { outcome: 'blocked', budget, reason: 'budget' }
  }
  if (reply.status === 500 && /more than one PodDisruptionBudget/.test(textAt(status, 'message') ?? ''))
    return { outcome: 'blocked', budget: null, reason: 'several_budgets' }
  if (causes.some((cause) => textAt(cause, 'reason') === 'NamespaceTerminating'))
    return { outcome: 'blocked', budget: null, reason: 'namespace_terminating' }
  return null
}
