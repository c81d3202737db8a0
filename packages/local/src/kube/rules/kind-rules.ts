import { isDeepStrictEqual } from 'node:util'
import { at, isTree, type KubeObject, numberAt, textAt, treeAt, treesAt } from '../object.ts'
import type { Resource } from '../resources.ts'
import { checkSchema } from '../schema/check.ts'
import { labelSelector } from '../selectors.ts'
import { type Finding, forbiddenValue, invalid, invalidValue, required } from '../status-error.ts'
import { checkMetadata, checkMetadataUpdate, labelCharsMax } from './names.ts'
import { checkPodSpec, checkPodUpdate, checkTemplate, isCountOrPercent } from './pod-rules.ts'
import { checkService, checkServiceUpdate } from './service-rules.ts'

type Check = (object: KubeObject) => Finding[]
type UpdateCheck = (before: KubeObject, after: KubeObject) => Finding[]

/**
 * Refuses an object that its kind's rules do not allow, and a change that they forbid.
 * @throws {StatusError} 422 with every finding as a cause.
 */
export function assertValid(resource: Resource, after: KubeObject, before: KubeObject | undefined): void {
  const findings = [
    ...checkMetadata(resource, after.metadata),
    ...checkSchema(after, resource.schema),
    ...(checks[resource.rules]?.(after) ?? []),
    ...(before
      ? [...checkMetadataUpdate(before, after), ...(updateChecks[resource.rules]?.(before, after) ?? [])]
      : []),
  ]
  const name = after.metadata.name || (after.metadata.generateName ?? '')
  if (findings.length > 0) throw invalid({ group: resource.group, resource: resource.kind, name }, findings)
}

const checks: Readonly<Record<string, Check>> = {
  Pod: (object) => checkPodSpec('spec', treeAt(object, 'spec')),
  Deployment: checkWorkload,
  ReplicaSet: checkWorkload,
  DaemonSet: checkWorkload,
  StatefulSet: checkWorkload,
  Job: checkJob,
  Service: checkService,
  ConfigMap: (object) => [...checkKeys('data', object.data), ...checkKeys('binaryData', object.binaryData)],
  Secret: checkSecret,
  PodDisruptionBudget: checkBudget,
  PersistentVolumeClaim: checkClaim,
  ClusterRole: (object) =>
    object.aggregationRule === undefined
      ? []
      : [forbiddenValue('aggregationRule', 'the simulated cluster does not aggregate roles')],
  RoleBinding: checkBinding,
  ClusterRoleBinding: checkBinding,
  CustomResourceDefinition: checkDefinition,
  JobSet: checkJobSet,
}

const updateChecks: Readonly<Record<string, UpdateCheck>> = {
  Pod: checkPodUpdate,
  Deployment: immutable('spec', 'selector'),
  ReplicaSet: immutable('spec', 'selector'),
  DaemonSet: immutable('spec', 'selector'),
  StatefulSet: checkStatefulSetUpdate,
  Job: checkJobUpdate,
  Service: checkServiceUpdate,
  ConfigMap: checkSealed,
  Secret: (before, after) => [...checkSealed(before, after), ...immutable('type')(before, after)],
  RoleBinding: checkRoleRef,
  ClusterRoleBinding: checkRoleRef,
  PersistentVolumeClaim: checkClaimUpdate,
  CustomResourceDefinition: (before, after) => [
    ...immutable('spec', 'scope')(before, after),
    ...immutable('spec', 'names', 'kind')(before, after),
    ...immutable('spec', 'names', 'plural')(before, after),
  ],
}

/** A check that a member keeps its value. */
function immutable(...path: string[]): UpdateCheck {
  return (before, after) =>
    isDeepStrictEqual(at(before, ...path), at(after, ...path))
      ? []
      : [invalidValue(path.join('.'), at(after, ...path), 'field is immutable')]
}

function checkWorkload(object: KubeObject): Finding[] {
  const claims = treesAt(object, 'spec', 'volumeClaimTemplates').map((claim) => textAt(claim, 'metadata', 'name'))
  const findings = checkTemplate('spec.template', treeAt(object, 'spec', 'template'), claims)
  const replicas = numberAt(object, 0, 'spec', 'replicas')
  if (replicas < 0) findings.push(invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'))
  const selector = treeAt(object, 'spec', 'selector')
  const empty = Object.keys(treeAt(selector, 'matchLabels')).length + treesAt(selector, 'matchExpressions').length === 0
  if (at(object, 'spec', 'selector') !== undefined && empty)
    findings.push(invalidValue('spec.selector', selector, `empty selector is invalid for ${object.kind.toLowerCase()}`))
  const labels = treeAt(object, 'spec', 'template', 'metadata', 'labels') as Record<string, string>
  if (!empty && !labelSelector(selector)(labels))
    findings.push(invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  const restart = textAt(object, 'spec', 'template', 'spec', 'restartPolicy')
  if (restart !== 'Always' && restart !== '')
    findings.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(restart)}: supported values: "Always"`,
      field: 'spec.template.spec.restartPolicy',
    })
  return findings
}

function checkJob(object: KubeObject): Finding[] {
  const findings = checkTemplate('spec.template', treeAt(object, 'spec', 'template'))
  const restart = textAt(object, 'spec', 'template', 'spec', 'restartPolicy')
  if (restart === 'Always')
    findings.push(required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"'))
  for (const member of ['parallelism', 'completions', 'backoffLimit'])
    if (numberAt(object, 0, 'spec', member) < 0)
      findings.push(invalidValue(`spec.${member}`, at(object, 'spec', member), 'must be greater than or equal to 0'))
  return findings
}

function checkJobUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const findings = [
    ...immutable('spec', 'selector')(before, after),
    ...immutable('spec', 'completionMode')(before, after),
  ]
  const startable = treeAt(before, 'spec').suspend === true && at(before, 'status', 'startTime') === undefined
  return startable ? findings : [...findings, ...immutable('spec', 'template')(before, after)]
}

const statefulSetRule =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

function checkStatefulSetUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const fixed = (object: KubeObject): unknown =>
    ['serviceName', 'selector', 'volumeClaimTemplates', 'podManagementPolicy'].map((member) =>
      at(object, 'spec', member),
    )
  return isDeepStrictEqual(fixed(before), fixed(after)) ? [] : [forbiddenValue('spec', statefulSetRule)]
}

function checkKeys(field: string, data: unknown): Finding[] {
  return Object.keys(isTree(data) ? data : {})
    .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
    .map((key) =>
      invalidValue(
        `${field}[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
      ),
    )
}

const secretBytesMax = 2 ** 20

function checkSecret(object: KubeObject): Finding[] {
  const findings = checkKeys('data', object.data)
  const bytes = Object.values(treeAt(object, 'data')).reduce<number>((sum, text) => sum + String(text).length * 0.75, 0)
  if (bytes > secretBytesMax)
    findings.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${secretBytesMax} bytes`,
      field: 'data',
    })
  return findings
}

function checkSealed(before: KubeObject, after: KubeObject): Finding[] {
  if (before.immutable !== true) return []
  if (after.immutable !== true) return [forbiddenValue('immutable', 'field is immutable when `immutable` is set')]
  return isDeepStrictEqual(before.data, after.data) && isDeepStrictEqual(before.binaryData, after.binaryData)
    ? []
    : [forbiddenValue('data', 'field is immutable when `immutable` is set')]
}

function checkBudget(object: KubeObject): Finding[] {
  const { minAvailable, maxUnavailable } = treeAt(object, 'spec')
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    return [invalidValue('spec', treeAt(object, 'spec'), 'minAvailable and maxUnavailable cannot be both set')]
  return Object.entries({ minAvailable, maxUnavailable }).flatMap(([member, value]) =>
    value === undefined || isCountOrPercent(value)
      ? []
      : [invalidValue(`spec.${member}`, value, 'must be greater than or equal to 0')],
  )
}

function checkClaim(object: KubeObject): Finding[] {
  const findings: Finding[] = []
  if (!Array.isArray(at(object, 'spec', 'accessModes')))
    findings.push(required('spec.accessModes', 'at least 1 access mode is required'))
  if (at(object, 'spec', 'resources', 'requests', 'storage') === undefined)
    findings.push(required('spec.resources[storage]'))
  return findings
}

function checkClaimUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const fixed = (object: KubeObject): unknown => {
    const { resources: _resources, volumeName, ...rest } = treeAt(object, 'spec')
    return treeAt(before, 'spec').volumeName === undefined ? rest : { ...rest, volumeName }
  }
  return isDeepStrictEqual(fixed(before), fixed(after))
    ? []
    : [
        forbiddenValue(
          'spec',
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
        ),
      ]
}

function checkBinding(object: KubeObject): Finding[] {
  return treesAt(object, 'subjects').flatMap((subject, index) =>
    subject.kind === 'ServiceAccount' && !subject.namespace ? [required(`subjects[${index}].namespace`)] : [],
  )
}

function checkRoleRef(before: KubeObject, after: KubeObject): Finding[] {
  return isDeepStrictEqual(before.roleRef, after.roleRef)
    ? []
    : [invalidValue('roleRef', after.roleRef, 'cannot change roleRef')]
}

function checkDefinition(object: KubeObject): Finding[] {
  const expected = `${textAt(object, 'spec', 'names', 'plural')}.${textAt(object, 'spec', 'group')}`
  const findings: Finding[] = []
  if (object.metadata.name !== expected)
    findings.push(invalidValue('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  const stored = treesAt(object, 'spec', 'versions').filter((version) => version.storage === true)
  if (stored.length !== 1)
    findings.push(
      invalidValue('spec.versions', stored.length, 'must have exactly one version marked as storage version'),
    )
  for (const [index, version] of treesAt(object, 'spec', 'versions').entries())
    if (!isTree(at(version, 'schema', 'openAPIV3Schema')))
      findings.push(required(`spec.versions[${index}].schema.openAPIV3Schema`, 'schemas are required'))
  return findings
}

const podNameSuffixChars = 6

/** The longest pod name of a JobSet must be a DNS label (JobSet's validating webhook). */
function checkJobSet(object: KubeObject): Finding[] {
  return treesAt(object, 'spec', 'replicatedJobs').flatMap((job, index) => {
    const pods = numberAt(job, 1, 'template', 'spec', 'parallelism')
    const longest = `${object.metadata.name}-${textAt(job, 'name')}-${numberAt(job, 1, 'replicas') - 1}-${pods - 1}`
    if (longest.length + podNameSuffixChars <= labelCharsMax) return []
    const detail = `pod names would be longer than ${labelCharsMax} characters`
    return [invalidValue(`spec.replicatedJobs[${index}].name`, textAt(job, 'name'), detail)]
  })
}
