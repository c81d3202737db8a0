import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { type KubernetesObject, referenceOf } from './object.ts'

/** Kubelets and controllers write their objects all the time, so a change may meet a newer version; this many times. */
const attemptsMax = 8

/** What a change asks of a cluster. */
export type ChangeClient = Pick<KubeClient, 'get' | 'merge'>

/** What a look at an object leads to. */
export interface Decision<Outcome> {
  readonly outcome: Outcome
  /** Null: nothing is to be changed. */
  readonly patch: { readonly metadata: object; readonly spec?: object } | null
}

/**
 * Changes an object that is not ours as a whole, as `decide` says, on the version that it looked at and on this very object:
 * not on a later one of its name. Null when it is gone.
 * @throws {GridError} `kube.conflict` when it changes faster than that
 */
export async function change<Outcome extends string>(
  client: ChangeClient,
  object: KubernetesObject,
  decide: (current: KubernetesObject) => Decision<Outcome>,
): Promise<{ outcome: Outcome; object: KubernetesObject } | null> {
  let current = object
  for (let attempt = 1; ; attempt++) {
    const { outcome, patch } = decide(current)
    if (patch === null) return { outcome, object: current }
    const { uid, resourceVersion } = current.metadata
    try {
      const metadata = { ...patch.metadata, uid, resourceVersion }
      return { outcome, object: await client.merge(referenceOf(object), { ...patch, metadata }) }
    } catch (error) {
      if (!isOvertaken(error) || attempt === attemptsMax) throw error
    }
    const newer = await client.get(referenceOf(object))
    if (newer === null || newer.metadata.uid !== uid) return null
    current = newer
  }
}

/** Somebody else changed the object, or removed it: a patch of what is not there is answered with 404. */
const isOvertaken = (error: unknown): boolean =>
  error instanceof GridError &&
  (error.code === 'kube.conflict' || (error.code === 'kube.failed' && error.details?.status === 404))
