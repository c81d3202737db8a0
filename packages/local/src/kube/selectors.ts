import { at, isTree, type KubeObject, treesAt } from './object.ts'
import { type Resource, storeKeyOf } from './resources.ts'
import { badRequest } from './status-error.ts'

/** Decides by labels. */
export type LabelTest = (labels: Readonly<Record<string, string>>) => boolean
/** Decides by an object's fields. */
export type FieldTest = (object: KubeObject) => boolean

const requirement =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)|([\w./-]+)\s*(==|!=|=|>|<)\s*([\w.-]*)|([\w./-]+))\s*$/

/**
 * Reads a label selector as lists and watches take it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * @throws {StatusError} 400 when it cannot be read.
 */
export function parseLabelSelector(text: string): LabelTest {
  if (text.trim() === '') return () => true
  const tests = text.split(/,(?![^(]*\))/).map(parseRequirement)
  return (labels) => tests.every((test) => test(labels))
}

function parseRequirement(text: string): LabelTest {
  const match = requirement.exec(text)
  if (!match) throw badRequest(`unable to parse requirement: ${JSON.stringify(text)}`)
  const [, , absent, setKey, setOperator, setValues = '', key, operator, value = '', present] = match
  if (absent) return (labels) => labels[absent] === undefined
  if (present) return (labels) => labels[present] !== undefined
  if (setKey) {
    const values = new Set(setValues.split(',').map((each) => each.trim()))
    if (setOperator === 'in') return (labels) => labels[setKey] !== undefined && values.has(labels[setKey])
    return (labels) => labels[setKey] === undefined || !values.has(labels[setKey])
  }
  const name = key ?? ''
  if (operator === '!=') return (labels) => labels[name] !== value
  if (operator === '>') return (labels) => Number(labels[name]) > Number(value)
  if (operator === '<') return (labels) => Number(labels[name]) < Number(value)
  return (labels) => labels[name] === value
}

/** Reads a `LabelSelector` object. An empty one selects everything, an absent one nothing. */
export function labelSelector(selector: unknown): LabelTest {
  if (!isTree(selector)) return () => false
  const equal = Object.entries(isTree(selector.matchLabels) ? selector.matchLabels : {})
  const expressions = treesAt(selector, 'matchExpressions')
  return (labels) =>
    equal.every(([key, value]) => labels[key] === value) && expressions.every((each) => expressionHolds(each, labels))
}

/** One `matchExpressions` entry against labels. */
export function expressionHolds(
  expression: Record<string, unknown>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[String(expression.key)]
  const values = Array.isArray(expression.values) ? expression.values : []
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return Number(value) > Number(values[0])
    case 'Lt':
      return Number(value) < Number(values[0])
    default:
      return false
  }
}

/** Reads a plain map of labels, as Services and ReplicationControllers select by; an empty or absent one selects nothing. */
export function plainSelector(selector: unknown): LabelTest {
  const entries = isTree(selector) ? Object.entries(selector) : []
  return entries.length === 0 ? () => false : (labels) => entries.every(([key, value]) => labels[key] === value)
}

const selectableFields: Readonly<Record<string, readonly string[]>> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
  ].concat(['status.phase', 'status.podIP', 'status.nominatedNodeName']),
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  services: ['spec.clusterIP', 'spec.type'],
  events: ['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid']
    .concat(['involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath'])
    .concat(['reason', 'reportingComponent', 'source', 'type']),
  'jobs.batch': ['status.successful'],
}

/** Why a kind cannot be selected by a field: kinds with selectable fields of their own say it otherwise than those without. */
function unknownField(field: string, resource: SelectedKind): string {
  const storeKey = storeKeyOf(resource)
  if (storeKey === 'jobs.batch') return `field label ${JSON.stringify(field)} not supported for ${resource.kind}`
  if (resource.custom || selectableFields[storeKey]) return `field label not supported: ${field}`
  return `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`
}

type SelectedKind = Pick<Resource, 'group' | 'plural' | 'kind' | 'custom'>

/**
 * Reads a field selector: `metadata.name=a,spec.nodeName!=b`.
 * @throws {StatusError} 400 for a field that the kind cannot be selected by.
 */
export function parseFieldSelector(text: string, resource: SelectedKind): FieldTest {
  if (text.trim() === '') return () => true
  const tests = text.split(',').map((part) => {
    const match = /^\s*([\w.]+)\s*(==|!=|=)\s*(.*?)\s*$/.exec(part)
    if (!match) throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`)
    const [, field = '', operator, value = ''] = match
    const known = ['metadata.name', 'metadata.namespace', ...(selectableFields[storeKeyOf(resource)] ?? [])]
    if (!known.includes(field)) throw badRequest(unknownField(field, resource))
    return (object: KubeObject) => (fieldText(object, field) === value) === (operator !== '!=')
  })
  return (object) => tests.every((test) => test(object))
}

function fieldText(object: KubeObject, field: string): string {
  const value = at(object, ...field.split('.'))
  return value === undefined || value === null ? (field === 'spec.unschedulable' ? 'false' : '') : String(value)
}
