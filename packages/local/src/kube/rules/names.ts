import { isTree, type KubeObject, type Metadata } from '../object.ts'
import type { Resource } from '../resources.ts'
import { type Finding, forbiddenValue, invalidValue, required } from '../status-error.ts'

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const serviceRule =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
const keyRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const servicePattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const labelValuePattern = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const keyPattern = /^(?:[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

/** Longest DNS label (RFC 1123). */
export const labelCharsMax = 63
const subdomainCharsMax = 253
const annotationBytesMax = 262_144

const tooLong = (field: string, value: string, most: number): Finding[] =>
  value.length > most ? [invalidValue(field, value, `must be no more than ${most} characters`)] : []

/** A lower-case DNS label of at most 63 characters (RFC 1123). */
export function checkLabelName(field: string, value: string): Finding[] {
  if (!labelPattern.test(value)) return [invalidValue(field, value, labelRule)]
  return tooLong(field, value, labelCharsMax)
}

/** A lower-case DNS subdomain of at most 253 characters (RFC 1123). */
export function checkSubdomainName(field: string, value: string): Finding[] {
  if (!subdomainPattern.test(value)) return [invalidValue(field, value, subdomainRule)]
  return tooLong(field, value, subdomainCharsMax)
}

function checkName(resource: Resource, name: string): Finding[] {
  const field = 'metadata.name'
  if (resource.kind === 'Namespace') return checkLabelName(field, name)
  if (resource.kind === 'Service')
    return servicePattern.test(name) ? tooLong(field, name, labelCharsMax) : [invalidValue(field, name, serviceRule)]
  if (resource.group !== 'rbac.authorization.k8s.io') return checkSubdomainName(field, name)
  const bad = name === '.' || name === '..' || /[/%]/.test(name)
  return bad ? [invalidValue(field, name, "may not contain '/' or '%'")] : []
}

/** Labels as Kubernetes allows them. */
export function checkLabels(field: string, labels: unknown): Finding[] {
  if (!isTree(labels)) return []
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(keyPattern.test(key)
      ? tooLong(field, key.split('/').at(-1) ?? '', labelCharsMax)
      : [invalidValue(field, key, keyRule)]),
    ...(labelValuePattern.test(String(value))
      ? tooLong(field, String(value), labelCharsMax)
      : [invalidValue(field, value, labelValueRule)]),
  ])
}

/** Name, labels, annotations, owners and finalizers of an object (apimachinery, ValidateObjectMeta). */
export function checkMetadata(resource: Resource, metadata: Metadata): Finding[] {
  const findings = metadata.name
    ? checkName(resource, metadata.name)
    : [required('metadata.name', 'name or generateName is required')]
  findings.push(...checkLabels('metadata.labels', metadata.labels))
  const annotations = Object.entries(metadata.annotations ?? {})
  for (const [key] of annotations)
    if (!keyPattern.test(key.toLowerCase())) findings.push(invalidValue('metadata.annotations', key, keyRule))
  const bytes = annotations.reduce((sum, [key, value]) => sum + key.length + String(value).length, 0)
  if (bytes > annotationBytesMax)
    findings.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${annotationBytesMax} bytes`,
      field: 'metadata.annotations',
    })
  for (const [index, owner] of (metadata.ownerReferences ?? []).entries())
    if (!owner.uid) findings.push(required(`metadata.ownerReferences[${index}].uid`, 'must not be empty'))
  if (metadata.ownerReferences && metadata.ownerReferences.filter((owner) => owner.controller).length > 1)
    findings.push(
      invalidValue(
        'metadata.ownerReferences',
        metadata.ownerReferences,
        'Only one reference can have Controller set to true.',
      ),
    )
  return findings
}

/** What an update may not do to metadata. */
export function checkMetadataUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const findings: Finding[] = []
  if (after.metadata.uid !== before.metadata.uid)
    findings.push(invalidValue('metadata.uid', after.metadata.uid, 'field is immutable'))
  const had = new Set(before.metadata.finalizers ?? [])
  const added = (after.metadata.finalizers ?? []).filter((finalizer) => !had.has(finalizer))
  if (before.metadata.deletionTimestamp && added.length > 0)
    findings.push(
      forbiddenValue(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
      ),
    )
  return findings
}
