import { isCredential } from '@gridgate/core/cluster/credentials'
import { type Difference, type Drift, ownManager } from '@gridgate/core/infra/drift'
import type { Json } from '@gridgate/core/json'
import { differences, type FieldDifference } from './field-difference.ts'
import { placeOf } from './kinds.ts'
import { type FieldHolder, type FieldStep, holdersOf } from './managed-fields.ts'
import { describeReference, type KubernetesObject, member, referenceOf } from './object.ts'
import { isOwned, ownerLabels } from './ownership.ts'

/** Most differences that are listed. */
const listedMax = 200
/** Longest value that is shown, in characters of JSON. */
const shownCharactersMax = 1000

/**
 * Compares what should be there with what is. Pure: every field that we write must have an equal value, whoever holds it;
 * fields, elements and objects of others are theirs.
 * @param actual as `readInfraObjects` gives it
 */
export function compareInfra(
  clusterId: string,
  desired: readonly KubernetesObject[],
  actual: readonly KubernetesObject[],
): Drift {
  const left = new Map(actual.map((object) => [placeOf(referenceOf(object)), object]))
  const missing: string[] = []
  const found: Difference[] = []
  let compared = 0
  for (const object of desired) {
    const reference = referenceOf(object)
    const current = left.get(placeOf(reference))
    left.delete(placeOf(reference))
    // A namespace that was there before is used as it is.
    if (current && object.kind === 'Namespace' && !isOwned(current, clusterId)) continue
    compared += 1
    if (current) found.push(...differencesOf(clusterId, object, current))
    else missing.push(describeReference(reference))
  }
  const extra = [...left.values()].filter((object) => isOwned(object, clusterId)).map(referenceOf)
  return {
    compared,
    missing,
    extra: extra.map(describeReference),
    differences: found.slice(0, listedMax),
    more_differences: Math.max(0, found.length - listedMax),
  }
}

function differencesOf(clusterId: string, object: KubernetesObject, current: KubernetesObject): Difference[] {
  const { apiVersion: _, kind: __, metadata, ...content } = object
  const labels = { ...metadata.labels, ...ownerLabels(clusterId) }
  const annotations = metadata.annotations ?? {}
  const wanted = { metadata: { labels, annotations }, ...content }
  return differences(wanted, current).map((difference) => ({
    object: describeReference(referenceOf(object)),
    pointer: pointerOf(difference.path, current),
    expected: shown(difference, difference.expected),
    actual: shown(difference, difference.actual),
    changed_by: ownerOf(current, difference.path),
  }))
}

/** Who gave the field its present value: somebody else before us, because a field that both hold has our value. */
function ownerOf(current: KubernetesObject, path: readonly FieldStep[]): FieldHolder | null {
  const holders = holdersOf(current, path)
  return holders.find(({ manager }) => manager !== ownManager) ?? holders[0] ?? null
}

/** An element is pointed at where it stands in the object, or behind its last element where it is missing. */
function pointerOf(path: readonly FieldStep[], current: KubernetesObject): string {
  let value: unknown = current
  return path
    .map((step) => {
      const token = typeof step === 'string' ? step : placeIn(value, step.keys)
      value = member(value, token)
      return `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`
    })
    .join('')
}

function placeIn(list: unknown, keys: Readonly<Record<string, unknown>> | null): string {
  if (!Array.isArray(list)) return '-'
  const at = list.findIndex((element) =>
    Object.entries(keys ?? {}).every(([name, value]) => (member(element, name) ?? 'TCP') === value),
  )
  return at === -1 ? '-' : String(at)
}

function shown({ path }: Pick<FieldDifference, 'path'>, value: unknown): Json {
  if (value === undefined || value === null) return null
  const names = path.filter((step) => typeof step === 'string')
  if (names.some((name) => isCredential(name, value)) || holdsCredential(value)) return '(hidden)'
  const text = JSON.stringify(value)
  return text.length <= shownCharactersMax ? (value as Json) : `${text.slice(0, shownCharactersMax)}…`
}

/** An argument such as `--password=x` is seen by its text. */
const secretArgument = /(pass(word|wd)?|token|secret|api-?key)\s*[=:]\s*\S/i

function holdsCredential(value: unknown): boolean {
  if (typeof value === 'string') return secretArgument.test(value) || isCredential('', value)
  if (value === null || typeof value !== 'object') return false
  return Object.entries(value).some(([name, item]) => isCredential(name, item) || holdsCredential(item))
}
