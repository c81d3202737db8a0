import { GridError } from '@gridgate/core/errors'
import type { KubeClient } from './client.ts'
import type { Exposure, GatewayName } from './components/infra-config.ts'
import { nodePorts } from './components/names.ts'
import { kinds } from './kinds.ts'
import { listAt, member, numberAt, textAt } from './object.ts'
import { isOwned } from './ownership.ts'
import { executorRights, type Right, requiredRights } from './required-rights.ts'

/** Oldest Kubernetes that is supported: the first whose server-side apply and NetworkPolicy behave as relied on here. */
export const minorVersionMin = 27

export interface PreflightOptions {
  readonly clusterId: string
  /** The UID stored at the first infra creation; null before it. */
  readonly identity: string | null
  readonly useGateway: boolean
  /** Which Gateway takes the routes, where the cluster has several. */
  readonly gateway?: GatewayName
}

export interface Preflight {
  /** UID of the `kube-system` namespace: what the cluster is, whatever it is called. */
  readonly identity: string
  readonly version: string
  readonly exposure: Exposure
}

/**
 * Looks at everything that creation depends on, before anything is changed (spec/decisions.md 49 and 53,
 * spec/errors-and-gaps.md 55 and 57).
 * @throws {GridError} `kube.unsupported_version`, `cluster.identity_mismatch`, `kube.forbidden`, `infra.port_conflict`,
 *   `infra.gateway_missing`
 */
export async function preflight(client: KubeClient, options: PreflightOptions): Promise<Preflight> {
  const version = await requireVersion(client)
  const identity = await requireIdentity(client, options.clusterId, options.identity)
  const exposure: Exposure = options.useGateway ? await findIngress(client, options.gateway) : { kind: 'node-port' }
  await requireRights(client, requiredRights(exposure))
  if (exposure.kind === 'node-port') await requireNodePorts(client, options.clusterId, Object.values(nodePorts))
  return { identity, version, exposure }
}

/** The server's version, such as `1.33`. @throws {GridError} `kube.unsupported_version` below 1.27 */
export async function requireVersion(client: KubeClient): Promise<string> {
  const { major, minor } = await client.version()
  const said = `${major}.${minor}`
  if (major === 1 && minor >= minorVersionMin) return said
  throw new GridError(
    'kube.unsupported_version',
    `the cluster runs Kubernetes ${said}, not 1.${minorVersionMin} or later`,
  )
}

/** The cluster's identity. @throws {GridError} `cluster.identity_mismatch` when another one is known */
export async function requireIdentity(client: KubeClient, clusterId: string, known: string | null): Promise<string> {
  const namespace = await client.get({ apiVersion: 'v1', kind: 'Namespace', name: 'kube-system' })
  const identity = namespace?.metadata.uid
  if (!identity) throw new GridError('kube.failed', 'the cluster does not tell the UID of its namespace kube-system')
  if (known === null || known === identity) return identity
  throw new GridError('cluster.identity_mismatch', `the kubeconfig leads to another cluster than ${clusterId}`, {
    details: { expected: known, found: identity },
  })
}

/** A namespace that nobody has: the rules that hold there hold in all. */
const nowhere = 'gridgate-nowhere'

/** Claims that a right is among the rules of the whole cluster. Rules by name, and lists that are not whole, prove nothing. */
async function shownRights(client: KubeClient): Promise<(right: Right) => boolean> {
  const { apiVersion, kind } = kinds.selfSubjectRulesReview
  const answer = await client.review({ apiVersion, kind, spec: { namespace: nowhere } }).catch(() => null)
  const rules = listAt(answer, 'status', 'resourceRules').filter((rule) => listAt(rule, 'resourceNames').length === 0)
  const has = (rule: unknown, name: string, wanted: string): boolean => {
    const given = listAt(rule, name)
    return given.includes('*') || given.includes(wanted)
  }
  return ({ verb, group, resource }) =>
    rules.some((rule) => has(rule, 'verbs', verb) && has(rule, 'apiGroups', group) && has(rule, 'resources', resource))
}

/**
 * Makes sure of every right that creation and removal use: by one question for all rules, and one each for those that the
 * answer does not show, because other authorizers than RBAC need not list theirs.
 * @throws {GridError} `kube.forbidden` with `details.missing`
 */
export async function requireRights(client: KubeClient, rights: readonly Right[]): Promise<void> {
  const { apiVersion, kind } = kinds.selfSubjectAccessReview
  const isShown = await shownRights(client)
  const unproven = rights.filter((right) => !isShown(right))
  const answers = await Promise.all(
    unproven.map(async (right) => {
      const answer = await client.review({ apiVersion, kind, spec: { resourceAttributes: right } })
      return member(answer, 'status', 'allowed') === true ? null : describeRight(right)
    }),
  )
  const missing = answers.filter((answer) => answer !== null)
  if (missing.length === 0) return
  throw new GridError('kube.forbidden', `the kubeconfig's user lacks rights: ${missing.join(', ')}`, {
    details: { missing },
  })
}

const describeRight = ({ verb, group, resource }: Right): string =>
  `${verb} ${resource}${group === '' ? '' : `.${group}`}`

/** @throws {GridError} `infra.port_conflict` naming the service that holds each NodePort */
export async function requireNodePorts(client: KubeClient, owner: string, ports: readonly number[]): Promise<void> {
  const wanted = new Set(ports)
  const conflicts: { port: number; service: string }[] = []
  for (const service of await client.list(kinds.service)) {
    if (isOwned(service, owner)) continue
    const held = [
      ...listAt(service, 'spec', 'ports').map((port) => (isTcp(port) ? numberAt(port, 'nodePort') : undefined)),
      numberAt(service, 'spec', 'healthCheckNodePort'),
    ]
    const name = `${service.metadata.namespace}/${service.metadata.name}`
    for (const port of new Set(held))
      if (port !== undefined && wanted.has(port)) conflicts.push({ port, service: name })
  }
  if (conflicts.length === 0) return
  const said = conflicts.map(({ port, service }) => `${port} is held by ${service}`).join(', ')
  throw new GridError('infra.port_conflict', `node ports are taken: ${said}`, { details: { conflicts } })
}

/**
 * The same for an executor (spec/policies.md §6): Ambassador's routes are used where they are, and not asked for.
 * @throws {GridError} `kube.unsupported_version`, `cluster.identity_mismatch`, `kube.forbidden`, `infra.port_conflict`
 */
export async function executorPreflight(
  client: KubeClient,
  { owner, identity: known, nodePort }: { owner: string; identity: string | null; nodePort: number },
): Promise<{ identity: string; version: string; mapping: string | null }> {
  const version = await requireVersion(client)
  const identity = await requireIdentity(client, owner, known)
  let mapping: string | null = null
  for (const { apiVersion, kind } of [kinds.mappingV2, kinds.mappingV3])
    if (await client.serves({ apiVersion, kind })) mapping = apiVersion
  await requireRights(client, executorRights(mapping !== null))
  await requireNodePorts(client, owner, [nodePort])
  return { identity, version, mapping }
}

const isTcp = (port: unknown): boolean => (textAt(port, 'protocol') ?? 'TCP') === 'TCP'

/**
 * Finds what can route into the cluster: the Gateway that is configured, else Ambassador, else the only Gateway.
 * @throws {GridError} `infra.gateway_missing` saying what to install
 */
export async function findIngress(client: KubeClient, wanted?: GatewayName): Promise<Exposure> {
  for (const { apiVersion, kind } of wanted ? [] : [kinds.mappingV3, kinds.mappingV2])
    if (await client.serves({ apiVersion, kind })) return { kind: 'mapping', apiVersion }
  if (!(await client.serves(kinds.httpRoute))) throw noGateway('the cluster has neither Ambassador nor the Gateway API')
  const gateways = (await client.list(kinds.gateway)).map(({ metadata }) => ({
    name: metadata.name,
    namespace: metadata.namespace ?? '',
  }))
  const fitting = gateways.filter(
    (gateway) => !wanted || (gateway.name === wanted.name && gateway.namespace === wanted.namespace),
  )
  const [gateway] = fitting
  if (!gateway) throw noGateway(wanted ? `no Gateway ${wanted.namespace}/${wanted.name}` : 'the cluster has no Gateway')
  if (fitting.length > 1) throw noGateway(`the cluster has ${fitting.length} Gateways: configure which one to use`)
  return { kind: 'http-route', gateway }
}

function noGateway(why: string): GridError {
  const remedy =
    'install Ambassador (Emissary-ingress) or a Gateway API implementation with a Gateway on port 32000, or set config.useGateway to false'
  return new GridError('infra.gateway_missing', `${why}; ${remedy}`)
}
