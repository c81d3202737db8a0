import { z } from 'zod'
import type { NodeId } from '../cluster/cluster-node.ts'
import type { StoredCluster } from '../cluster/cluster-store.ts'
import { invalidBody } from '../cluster/invalid-document.ts'
import { hostOf } from '../cluster/url-map.ts'
import { GridError } from '../errors.ts'
import { localMode } from './external-node.ts'

/** Port of a Kubernetes API server where the host does not name another. */
const apiServerPort = 6443
const portMax = 65_535

/** A token as the cluster's controller issued it. */
export const IssuedToken = z.object({
  token: z.string().regex(/^[a-z0-9]{6}\.[a-z0-9]{16}$/),
  expires_at: z.string().max(64),
  api_server: z.object({ host: z.string().max(300).nullish(), ca_cert_hash: z.string().max(128).nullish() }).nullish(),
})
export type IssuedToken = z.infer<typeof IssuedToken>

/** What a machine needs to join: data, from which the client builds its command (spec/errors-and-gaps.md 12). */
export const JoinData = z.object({
  api_server: z.string().describe('host:port'),
  token: z.string().describe('shown once'),
  ca_cert_hashes: z.array(z.string()),
  node_name: z.string(),
  node_labels: z.record(z.string(), z.string()),
  expires_at: z.string().describe('ISO 8601'),
  program: z.literal('kubeadm'),
  args: z.array(z.string()),
})
export type JoinData = z.infer<typeof JoinData>

/** How a machine reaches the control plane. */
export interface JoinWay {
  mode: string
  /** Name of an address in `config.secondaryIPs`; empty for none. */
  customIp: string
}

/**
 * The host that a joining machine calls, by the rules of the membership server (spec/clusters-and-nodes.md §6): the named
 * secondary address, else the local name, else the public one.
 * @returns null where the cluster's document does not say
 * @throws {GridError} `request.invalid` for a name that is not in `config.secondaryIPs`
 */
export function configuredHost({ cluster }: StoredCluster, { mode, customIp }: JoinWay): string | null {
  const { secondaryIPs = {}, localNetworkHostName, publicHostname } = cluster.config
  if (customIp !== '') {
    const named = Object.hasOwn(secondaryIPs, customIp) ? secondaryIPs[customIp] : undefined
    if (named === undefined)
      throw invalidBody([{ pointer: '/custom_ip', detail: `is no name in config.secondaryIPs of ${cluster.id}` }])
    return named
  }
  return (mode === localMode ? localNetworkHostName : publicHostname) || null
}

/**
 * Refuses a join for which nothing would say where to go, before a token is made. In the local network, and for the hash, the
 * controller may still know.
 * @throws {GridError} `request.invalid`, `node.join_unconfigured`
 */
export function requireJoinable(stored: StoredCluster, way: JoinWay): void {
  const host = configuredHost(stored, way)
  if (host !== null) hostAndPort(stored, host)
  else if (way.mode !== localMode) throw unconfigured(stored, 'config.publicHostname')
  if (stored.cluster.config.certHash) certHash(stored, stored.cluster.config.certHash)
}

/**
 * Everything a machine needs to join, each part checked, so that nothing of a document is ever taken for an option or a command.
 * What the cluster's document says comes before what its controller found out.
 * @throws {GridError} `node.join_unconfigured` when neither says
 */
export function joinData(stored: StoredCluster, way: JoinWay, nodeId: NodeId, issued: IssuedToken): JoinData {
  const host = configuredHost(stored, way) ?? (way.mode === localMode ? issued.api_server?.host : null)
  if (!host)
    throw unconfigured(stored, way.mode === localMode ? 'config.localNetworkHostName' : 'config.publicHostname')
  const hash = stored.cluster.config.certHash || issued.api_server?.ca_cert_hash
  if (!hash) throw unconfigured(stored, 'config.certHash')
  const api_server = hostAndPort(stored, host)
  const ca_cert_hashes = [certHash(stored, hash)]
  const hashes = ca_cert_hashes.flatMap((each) => ['--discovery-token-ca-cert-hash', each])
  return {
    ...{ api_server, token: issued.token, ca_cert_hashes, expires_at: issued.expires_at },
    ...{ node_name: nodeId, node_labels: { nodeID: nodeId } },
    program: 'kubeadm',
    args: ['join', api_server, '--token', issued.token, ...hashes, '--node-name', nodeId],
  }
}

/** The same as one line, for old clients that hand it to a shell: made of checked parts, quoted where a shell would read more into one. */
export const joinCommand = ({ program, args }: JoinData): string =>
  [program, ...args].map((part) => (/^[\w.:/=-]+$/.test(part) ? part : `'${part.replaceAll("'", '')}'`)).join(' ')

/** `host:port` as kubeadm reads it. @throws {GridError} `node.join_unconfigured` */
function hostAndPort(stored: StoredCluster, text: string): string {
  const [, withPort = text, given] = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? []
  const host = hostOf(withPort)
  const port = Number(given ?? apiServerPort)
  if (host === null || port < 1 || port > portMax)
    throw unconfigured(stored, 'a host name or address with at most a port where it names its control plane')
  return `${host}:${port}`
}

/** @throws {GridError} `node.join_unconfigured` */
function certHash(stored: StoredCluster, text: string): string {
  const [, hex] = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(text.trim()) ?? []
  if (hex === undefined) throw unconfigured(stored, 'a SHA-256 of 64 hexadecimal digits as config.certHash')
  return `sha256:${hex.toLowerCase()}`
}

const unconfigured = ({ cluster }: StoredCluster, what: string): GridError =>
  new GridError('node.join_unconfigured', `the cluster ${cluster.id} cannot be joined so: its document needs ${what}`)
