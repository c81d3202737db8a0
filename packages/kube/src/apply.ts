import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import { kinds } from './kinds.ts'
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
  /** Namespaces that this very task has made: nobody has anything there, so objects need not be looked for first. */
  readonly freshNamespaces?: readonly string[]
}

/** Namespaces read with one page; a cluster with more is asked for each of ours. */
const namespacesMax = 200

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
  const applied: Applied[] = []
  const find = await finder(client, objects, options.freshNamespaces ?? [])
  for (const object of objects) {
    const current = await find(referenceOf(object))
    applied.push(await applyOne(client, clusterId, { object, current, adopt: options.adopt === true }))
  }
  return applied
}

type Find = (reference: ObjectReference) => Promise<KubernetesObject | null>

/** Reads what is there, with as few requests as tell it for certain. */
async function finder(
  client: KubeClient,
  objects: readonly KubernetesObject[],
  fresh: readonly string[],
): Promise<Find> {
  const isFresh = ({ namespace }: ObjectReference): boolean => namespace !== undefined && fresh.includes(namespace)
  const hasNamespaces = objects.some(({ kind }) => kind === kinds.namespace.kind)
  const listed = hasNamespaces ? await client.list(kinds.namespace, { itemsMax: namespacesMax }) : []
  const isWhole = hasNamespaces && listed.length < namespacesMax
  return async (reference) => {
    if (isFresh(reference)) return null
    if (reference.kind !== kinds.namespace.kind || !isWhole) return client.get(reference)
    return listed.find(({ metadata: { name } }) => name === reference.name) ?? null
  }
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

  const labels = { ...object.metadata.labels, ...ownerLabels(clusterId) }
  const labelled = { ...object, metadata: { ...object.metadata, labels } }
  if (current === null) {
    await client.apply(labelled)
    return { ...reference, outcome: 'created', takenBack: [] }
  }
  const { written, takenBack } = isForeign
    ? { written: await client.apply(labelled, { force: true }), takenBack: [] }
    : await applyToOurs(client, labelled, current)
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
