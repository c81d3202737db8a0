import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { type Kind, kinds } from './kinds.ts'
import type { FieldConflict } from './kube-errors.ts'
import { describeReference, type KubernetesObject, type ObjectReference, referenceOf } from './object.ts'
import { clusterLabel, isOwned, ownerLabels } from './ownership.ts'

/** What an apply did: `left` is a namespace that someone else made, which is used and never changed. */
export interface Applied extends ObjectReference {
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'left'
  /** Fields that somebody else had taken, which are ours again. */
  readonly takenBack: readonly FieldConflict[]
}

export interface ApplyOptions {
  /** Takes over objects and fields of others, such as those of an older installation. Never of another Gridgate cluster. */
  readonly adopt?: boolean
  /** Nothing of it is expected to be there: objects are looked for only once one of them was there after all. */
  readonly isFirst?: boolean
  /** Namespaces that this very task has made: nothing is expected to be there. */
  readonly freshNamespaces?: readonly string[]
}

/** Objects of a kind read with one page; where there are more, each of ours is asked for. */
const pageItemsMax = 200

/**
 * The only writer of infrastructure: applies the objects one after the other under the owner labels of the cluster.
 * Running it again converges: what is as it should be stays untouched, and in objects that are ours the fields that we
 * write get our value again, whoever changed them. Other fields, and objects of others, stay theirs.
 * @throws {GridError} `kube.conflict` when an object belongs to someone else, or is still being removed
 */
export async function applyAll(
  client: KubeClient,
  clusterId: string,
  objects: readonly KubernetesObject[],
  options: ApplyOptions = {},
): Promise<Applied[]> {
  const { adopt = false, freshNamespaces: fresh = [] } = options
  let { isFirst = false } = options
  const applied: Applied[] = []
  const find = finder(client, objects, fresh)
  for (const one of objects) {
    const object = labelledFor(clusterId, one)
    const reference = referenceOf(object)
    if ((isFirst || isIn(fresh, reference)) && (await isCreated(client, object))) {
      applied.push({ ...reference, outcome: 'created', takenBack: [] })
      continue
    }
    isFirst = false
    applied.push(await applyOne(client, clusterId, { object, current: await find(reference), adopt }))
  }
  return applied
}

function labelledFor(clusterId: string, object: KubernetesObject): KubernetesObject {
  const labels = { ...object.metadata.labels, ...ownerLabels(clusterId) }
  return { ...object, metadata: { ...object.metadata, labels } }
}

const isIn = (fresh: readonly string[], { namespace }: ObjectReference): boolean =>
  namespace !== undefined && fresh.includes(namespace)

/** Writes an object as a new one; false where it may be there already, so that nothing was written and it must be looked at. */
async function isCreated(client: KubeClient, object: KubernetesObject): Promise<boolean> {
  try {
    await client.apply(object, { isNew: true })
    return true
  } catch (error) {
    if (error instanceof GridError && error.code === 'kube.conflict') return false
    throw error
  }
}

type Find = (reference: ObjectReference) => Promise<KubernetesObject | null>

/** Kinds whose objects are read with one list where several are looked for; secrets, for one, are not. */
const listedKinds: readonly Kind[] = [
  kinds.namespace,
  kinds.clusterRole,
  kinds.clusterRoleBinding,
  kinds.role,
  kinds.roleBinding,
]

/** Reads what is there, with as few requests as tell it for certain; a list is read when its first object is due. */
function finder(client: KubeClient, objects: readonly KubernetesObject[], fresh: readonly string[]): Find {
  const soughtOf = (kind: Kind): ObjectReference[] =>
    objects.map(referenceOf).filter((one) => one.kind === kind.kind && !isIn(fresh, one))
  const lists = new Map<Kind, Promise<KubernetesObject[] | null>>()
  return async (reference) => {
    const kind = listedKinds.find((one) => one.kind === reference.kind)
    if (!kind || isIn(fresh, reference) || soughtOf(kind).length < 2) return client.get(reference)
    const listed = lists.get(kind) ?? listWhole(client, kind, soughtOf(kind))
    lists.set(kind, listed)
    const all = await listed
    if (all === null) return client.get(reference)
    const { name, namespace } = reference
    return all.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace) ?? null
  }
}

/** All objects of a kind where those that are sought may be; null when there are more than a page. */
async function listWhole(
  client: KubeClient,
  kind: Kind,
  sought: readonly ObjectReference[],
): Promise<KubernetesObject[] | null> {
  const places = new Set(sought.map(({ namespace }) => namespace))
  const [namespace] = places
  const where = places.size === 1 && namespace !== undefined ? { namespace } : {}
  const listed = await client.list(kind, { ...where, itemsMax: pageItemsMax })
  return listed.length < pageItemsMax ? listed : null
}

async function applyOne(
  client: KubeClient,
  clusterId: string,
  { object, current, adopt }: { object: KubernetesObject; current: KubernetesObject | null; adopt: boolean },
): Promise<Applied> {
  const reference = referenceOf(object)
  const isForeign = current !== null && !isOwned(current, clusterId)
  if (isForeign && object.kind === 'Namespace') return { ...reference, outcome: 'left', takenBack: [] }
  if (current) refuseForeign(current, clusterId, adopt)

  if (current === null) {
    await client.apply(object)
    return { ...reference, outcome: 'created', takenBack: [] }
  }
  const { written, takenBack } = isForeign
    ? { written: await client.apply(object, { force: true }), takenBack: [] }
    : await applyToOurs(client, object, current)
  const isSame = written.metadata.resourceVersion === current.metadata.resourceVersion
  return { ...reference, outcome: isSame ? 'unchanged' : 'changed', takenBack }
}

/** Asks first without force, to learn whose fields are taken back; with the UID, so that it is still the object we own. */
async function applyToOurs(
  client: KubeClient,
  object: KubernetesObject,
  { metadata: { uid } }: KubernetesObject,
): Promise<{ written: KubernetesObject; takenBack: readonly FieldConflict[] }> {
  try {
    return { written: await client.apply(object), takenBack: [] }
  } catch (error) {
    const takenBack = conflictsOf(error)
    if (takenBack.length === 0 || uid === undefined) throw error
    const same = { ...object, metadata: { ...object.metadata, uid } }
    return { written: await client.apply(same, { force: true }), takenBack }
  }
}

function conflictsOf(error: unknown): readonly FieldConflict[] {
  if (!(error instanceof GridError) || error.code !== 'kube.conflict') return []
  return (error.details?.conflicts ?? []) as readonly FieldConflict[]
}

function refuseForeign(current: KubernetesObject, clusterId: string, adopt: boolean): void {
  const said = describeReference(referenceOf(current))
  const owner = current.metadata.labels?.[clusterLabel]
  if (owner !== undefined && owner !== clusterId)
    throw new GridError('kube.conflict', `${said} belongs to the cluster ${owner} of Gridgate`, {
      details: { object: said, owner },
    })
  if (!isOwned(current, clusterId) && !adopt)
    throw new GridError('kube.conflict', `${said} exists already and was not made by Gridgate`, {
      details: { object: said },
    })
  if (current.metadata.deletionTimestamp !== undefined)
    throw new GridError('kube.conflict', `${said} is still being removed`, { details: { object: said } })
}
