import { GridError } from '@gridgate/core/errors'
import { type ChangeClient, change } from './change.ts'
import { describeReference, type KubernetesObject, referenceOf } from './object.ts'

/** The fencing number of the last action that had an effect on an object (spec/decisions.md 35). It stays after the action. */
export const fenceAnnotation = 'gridgate.io/fence'

/** The number that an object carries, 0 where it carries none that can be read. */
export function fenceOf(object: KubernetesObject): number {
  const number = Number(object.metadata.annotations?.[fenceAnnotation] ?? 0)
  return Number.isSafeInteger(number) ? number : 0
}

/** Stops an action that lost its target to a later one. @throws {GridError} `action.fenced` */
export function refuseFenced(object: KubernetesObject, { fence }: { fence?: number }): void {
  const present = fenceOf(object)
  if (fence === undefined || fence >= present) return
  const said = `${describeReference(referenceOf(object))} belongs to a later action: it carries the fence ${present}`
  throw new GridError('action.fenced', `${said}, above ${fence}`, { details: { fence, present } })
}

/**
 * Writes the number of an action on an object that it is about to have an effect on, so that an earlier action finds it
 * there; false when the object is gone.
 * @throws {GridError} `action.fenced`, and what every change throws
 */
export async function claim(client: ChangeClient, object: KubernetesObject, fence: number): Promise<boolean> {
  const claimed = await change(client, object, (current) => {
    refuseFenced(current, { fence })
    if (fenceOf(current) === fence) return { outcome: 'ours', patch: null }
    return { outcome: 'claimed', patch: { metadata: { annotations: { [fenceAnnotation]: String(fence) } } } }
  })
  return claimed !== null
}
