import { isDeepStrictEqual } from 'node:util'
import { type KubeObject, type Tree, textAt, treeAt, treesAt } from '../object.ts'
import { parseQuantity } from '@gridgate/kube/quantity'
import { duplicateValue, type Finding, forbiddenValue, invalidValue, required } from '../status-error.ts'
import { checkLabelName, checkLabels } from './names.ts'

const portMax = 65_535

/**
 * The rules of a pod's or a template's `spec` (core/v1 validation).
 * @param claims volumes that come from claim templates and are not in the spec.
 */
export function checkPodSpec(field: string, spec: Tree, claims: readonly string[] = []): Finding[] {
  const findings: Finding[] = []
  const volumes = treesAt(spec, 'volumes').map((volume) => textAt(volume, 'name'))
  findings.push(...duplicates(`${field}.volumes`, volumes, 'name'))
  for (const [index, volume] of treesAt(spec, 'volumes').entries())
    if (Object.keys(volume).length < 2)
      findings.push(required(`${field}.volumes[${index}]`, 'must specify a volume type'))
  const containers = treesAt(spec, 'containers')
  findings.push(
    ...duplicates(
      `${field}.containers`,
      containers.map((each) => textAt(each, 'name')),
      'name',
    ),
  )
  for (const list of ['initContainers', 'containers'])
    for (const [index, container] of treesAt(spec, list).entries())
      findings.push(...checkContainer(`${field}.${list}[${index}]`, container, [...volumes, ...claims]))
  const grace = spec.terminationGracePeriodSeconds
  if (typeof grace === 'number' && grace < 0)
    findings.push(invalidValue(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'))
  for (const [index, toleration] of treesAt(spec, 'tolerations').entries())
    findings.push(...checkToleration(`${field}.tolerations[${index}]`, toleration))
  return findings
}

function checkToleration(field: string, toleration: Tree): Finding[] {
  if (!toleration.key && toleration.operator !== 'Exists')
    return [
      invalidValue(
        `${field}.operator`,
        toleration.operator ?? '',
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    ]
  if (toleration.operator === 'Exists' && toleration.value)
    return [invalidValue(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'")]
  if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute')
    return [
      invalidValue(
        `${field}.effect`,
        toleration.effect ?? '',
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      ),
    ]
  return []
}

const duplicates = (field: string, names: readonly string[], member: string): Finding[] =>
  names.flatMap((name, index) =>
    names.indexOf(name) < index ? [duplicateValue(`${field}[${index}].${member}`, name)] : [],
  )

function checkContainer(field: string, container: Tree, volumes: readonly string[]): Finding[] {
  const findings = container.name ? checkLabelName(`${field}.name`, textAt(container, 'name')) : []
  const image = textAt(container, 'image')
  if (image === '') findings.push(required(`${field}.image`))
  else if (image !== image.trim())
    findings.push(invalidValue(`${field}.image`, image, 'must not have leading or trailing whitespace'))
  for (const [index, port] of treesAt(container, 'ports').entries())
    findings.push(...checkPort(`${field}.ports[${index}].containerPort`, port.containerPort))
  for (const [index, mount] of treesAt(container, 'volumeMounts').entries())
    if (!volumes.includes(textAt(mount, 'name')))
      findings.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(mount.name)}`,
        field: `${field}.volumeMounts[${index}].name`,
      })
  for (const [index, variable] of treesAt(container, 'env').entries())
    if (variable.value && variable.valueFrom)
      findings.push(
        invalidValue(`${field}.env[${index}].valueFrom`, '', 'may not be specified when `value` is not empty'),
      )
  return [...findings, ...checkResources(`${field}.resources`, treeAt(container, 'resources'))]
}

/** A port number from 1 to 65535. */
export function checkPort(field: string, port: unknown): Finding[] {
  if (typeof port !== 'number' || (port >= 1 && port <= portMax)) return []
  return [invalidValue(field, port, 'must be between 1 and 65535, inclusive')]
}

function checkResources(field: string, resources: Tree): Finding[] {
  const limits = treeAt(resources, 'limits')
  const requests = treeAt(resources, 'requests')
  const findings: Finding[] = []
  for (const [list, amounts] of [
    ['limits', limits],
    ['requests', requests],
  ] as const)
    for (const [name, amount] of Object.entries(amounts)) {
      if ((parseQuantity(amount) ?? 0) < 0)
        findings.push(invalidValue(`${field}.${list}[${name}]`, amount, 'must be greater than or equal to 0'))
      if (isExtended(name) && !Number.isInteger(parseQuantity(amount)))
        findings.push(invalidValue(`${field}.${list}[${name}]`, amount, 'must be an integer'))
    }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = limits[name]
    if (isExtended(name) && limit === undefined)
      findings.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'))
    else if (isExtended(name) && parseQuantity(limit) !== parseQuantity(amount))
      findings.push(invalidValue(`${field}.requests`, amount, `must be equal to ${name} limit of ${String(limit)}`))
    else if (limit !== undefined && (parseQuantity(amount) ?? 0) > (parseQuantity(limit) ?? 0))
      findings.push(
        invalidValue(`${field}.requests`, amount, `must be less than or equal to ${name} limit of ${String(limit)}`),
      )
  }
  return findings
}

/** True for resources of a vendor, such as `nvidia.com/gpu`, which are counted and never shared. */
export const isExtended = (name: string): boolean => name.includes('/') && !name.startsWith('kubernetes.io/')

/** A pod template: its labels must be selected by the workload's selector. */
export function checkTemplate(field: string, template: Tree, claims: readonly string[] = []): Finding[] {
  return [
    ...checkLabels(`${field}.metadata.labels`, treeAt(template, 'metadata').labels),
    ...checkPodSpec(`${field}.spec`, treeAt(template, 'spec'), claims),
  ]
}

const podUpdateRule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** A running pod keeps its spec, but for images, tolerations and the deadline. */
export function checkPodUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const fixed = (object: KubeObject): unknown => {
    const spec = structuredClone(treeAt(object, 'spec'))
    for (const container of [...treesAt(spec, 'initContainers'), ...treesAt(spec, 'containers')]) delete container.image
    const {
      tolerations: _tolerations,
      activeDeadlineSeconds: _deadline,
      schedulingGates: _gates,
      nodeName,
      ...rest
    } = spec
    return treeAt(before, 'spec').nodeName === undefined ? rest : { ...rest, nodeName }
  }
  const findings = isDeepStrictEqual(fixed(before), fixed(after)) ? [] : [forbiddenValue('spec', podUpdateRule)]
  const kept = treesAt(before, 'spec', 'tolerations').every((old) =>
    treesAt(after, 'spec', 'tolerations').some((now) => isDeepStrictEqual(old, now)),
  )
  if (!kept)
    findings.push(
      forbiddenValue('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
    )
  return findings
}

/** True for a value that is a non-negative number or a percentage of one, as budgets and rollouts take it. */
export function isCountOrPercent(value: unknown): boolean {
  return typeof value === 'number' ? value >= 0 : typeof value === 'string' && /^\d+%$/.test(value)
}
