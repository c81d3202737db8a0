import { type KubeObject, textAt, treeAt, treesAt } from '../object.ts'
import type { Service } from '../shapes.ts'
import {
  duplicateValue,
  type Finding,
  forbiddenValue,
  invalid,
  invalidValue,
  required,
  StatusError,
} from '../status-error.ts'
import type { Store } from '../store.ts'
import { checkPort } from './pod-rules.ts'

const nodePortMin = 30_000
const nodePortMax = 32_767
const noAddress = 'None'

/** The rules of a Service's ports and addresses (core/v1 validation). */
export function checkService(object: KubeObject): Finding[] {
  const spec = treeAt(object, 'spec')
  const ports = treesAt(spec, 'ports')
  const type = textAt(spec, 'type')
  const findings: Finding[] = []
  if (ports.length === 0 && type !== 'ExternalName' && spec.clusterIP !== noAddress)
    findings.push(required('spec.ports'))
  if (type === 'ExternalName' && !spec.externalName) findings.push(required('spec.externalName'))
  if (type === 'NodePort' && spec.clusterIP === noAddress)
    findings.push(invalidValue('spec.clusterIPs[0]', noAddress, "may not be set to 'None' for NodePort services"))
  const names = ports.map((port) => textAt(port, 'name'))
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`
    const name = names[index] ?? ''
    if (ports.length > 1 && name === '') findings.push(required(`${field}.name`))
    if (name !== '' && names.indexOf(name) < index) findings.push(duplicateValue(`${field}.name`, name))
    findings.push(...checkPort(`${field}.port`, port.port), ...checkPort(`${field}.targetPort`, port.targetPort))
    if (port.nodePort && type === 'ClusterIP')
      findings.push(forbiddenValue(`${field}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
  }
  return findings
}

/** A cluster address stays once given. */
export function checkServiceUpdate(before: KubeObject, after: KubeObject): Finding[] {
  const old = textAt(before, 'spec', 'clusterIP')
  const now = textAt(after, 'spec', 'clusterIP')
  if (old === '' || old === now || textAt(after, 'spec', 'type') === 'ExternalName') return []
  return [invalidValue('spec.clusterIPs[0]', [now], 'may not change once set')]
}

/**
 * Gives a Service its cluster address and node ports, keeping those that it had.
 * @throws {StatusError} 422 when a wished port is out of range or another Service has it.
 */
export function allocateService(store: Store, object: KubeObject, before: KubeObject | undefined): void {
  const service = object as Service
  keepAllocated(service, before as Service | undefined)
  const type = service.spec.type
  if (type === 'ExternalName') return
  const others = (store.list('services') as Service[]).filter((other) => other.metadata.uid !== service.metadata.uid)
  service.spec.clusterIP ||= freeAddress(new Set(others.map((other) => other.spec.clusterIP)))
  service.spec.clusterIPs = [service.spec.clusterIP]
  if (type === 'NodePort' || type === 'LoadBalancer') allocateNodePorts(service, others)
}

function keepAllocated(service: Service, before: Service | undefined): void {
  if (!before) return
  if (service.spec.type !== 'ExternalName' && !service.spec.clusterIP && before.spec.clusterIP)
    service.spec.clusterIP = before.spec.clusterIP
  const exposed = service.spec.type === 'NodePort' || service.spec.type === 'LoadBalancer'
  const hadPorts = before.spec.type === 'NodePort' || before.spec.type === 'LoadBalancer'
  const { externalTrafficPolicy } = before.spec
  if (!exposed && hadPorts && service.spec.externalTrafficPolicy === externalTrafficPolicy)
    delete service.spec.externalTrafficPolicy
  for (const port of service.spec.ports ?? []) {
    const old = before.spec.ports?.find((each) => each.port === port.port && each.protocol === port.protocol)
    if (exposed && hadPorts && !port.nodePort && old?.nodePort) port.nodePort = old.nodePort
    if (!exposed && hadPorts && port.nodePort === old?.nodePort) delete port.nodePort
  }
}

function allocateNodePorts(service: Service, others: readonly Service[]): void {
  const portKey = (port: { protocol?: string; nodePort?: number }): string =>
    `${port.protocol ?? 'TCP'}/${port.nodePort}`
  const taken = new Set(others.flatMap((other) => other.spec.ports ?? []).map(portKey))
  const ports = service.spec.ports ?? []
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort) continue
    const finding = wishFinding(`spec.ports[${index}].nodePort`, port.nodePort, taken.has(portKey(port)))
    if (finding) throw invalid({ group: '', resource: 'Service', name: service.metadata.name }, [finding])
    taken.add(portKey(port))
  }
  for (const port of ports.filter((each) => !each.nodePort)) {
    // Wished ports are mostly in the lower half, so free ones are given from above.
    for (let candidate = nodePortMax; candidate >= nodePortMin && !port.nodePort; candidate -= 1)
      if (!taken.has(portKey({ ...port, nodePort: candidate }))) port.nodePort = candidate
    if (!port.nodePort) throw new StatusError(500, 'InternalError', 'failed to allocate a nodePort: range is full')
    taken.add(portKey(port))
  }
}

function wishFinding(field: string, wish: number, isTaken: boolean): Finding | undefined {
  if (wish < nodePortMin || wish > nodePortMax)
    return invalidValue(
      field,
      wish,
      `provided port is not in the valid range. The range of valid ports is ${nodePortMin}-${nodePortMax}`,
    )
  return isTaken ? invalidValue(field, wish, 'provided port is already allocated') : undefined
}

/** The service network is 10.96.0.0/16. */
function freeAddress(taken: ReadonlySet<string | undefined>): string {
  for (let host = 257; host < 65_535; host += 1) {
    const address = `10.96.${host >> 8}.${host & 255}`
    if (!taken.has(address)) return address
  }
  throw new StatusError(500, 'InternalError', 'failed to allocate a serviceIP: range is full')
}
