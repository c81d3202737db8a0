/** The namespace and name of a Gateway API Gateway. */
export interface GatewayName {
  readonly namespace: string
  readonly name: string
}

/** How the controller is reached from outside; found out by the preflight. */
export type Exposure =
  | { readonly kind: 'node-port' }
  | { readonly kind: 'mapping'; readonly apiVersion: string }
  | { readonly kind: 'http-route'; readonly gateway: GatewayName }

/** Image references of everything that runs in the cluster. */
export interface Images {
  readonly controller: string
  readonly metricsDatabase: string
  readonly metricsWriter: string
  readonly nodeExporter: string
  readonly gpuExporter: string
}

/**
 * Pinned by version. A digest is safer still (`name:tag@sha256:…`): the deployment's configuration may give one, and these
 * defaults cannot, because no registry was asked when they were written.
 */
export const defaultImages: Images = {
  controller: 'ghcr.io/gridgate/controller:0.1.0',
  metricsDatabase: 'docker.io/victoriametrics/victoria-metrics:v1.122.0',
  metricsWriter: 'docker.io/victoriametrics/vmagent:v1.122.0',
  nodeExporter: 'quay.io/prometheus/node-exporter:v1.9.1',
  gpuExporter: 'nvcr.io/nvidia/k8s/dcgm-exporter:4.2.3-4.1.3-ubuntu22.04',
}

/** Where the metrics database keeps its data. Ephemeral data is lost with the pod. */
export type Storage =
  | { readonly kind: 'ephemeral'; readonly gibibytesMax: number }
  | { readonly kind: 'persistent'; readonly gibibytes: number; readonly storageClass?: string }

/** A public key of the gateway, as a JWK (RFC 8037: OKP, Ed25519). Two are valid while keys rotate. */
export interface PublicKey {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
}

/** What the gateway's configuration decides about every cluster's infrastructure. */
export interface InfraConfig {
  readonly images: Images
  readonly storage: Storage
  readonly retentionDays: number
  /** The gateway's verification keys, given to the controller (spec/decisions.md 45). */
  readonly gatewayKeys: readonly PublicKey[]
  /** The gateway's address as seen from the clusters. */
  readonly gatewayUrl: string
  /** GLOBAL_SERVICES_MAP (spec/infra.md §1): addresses that must be reachable from the clusters. */
  readonly services: Readonly<Record<string, string>>
  /** Label that nodes with NVIDIA GPUs carry. */
  readonly gpuNodeLabel: Readonly<Record<string, string>>
}

/** What the builders need to know of one cluster. */
export interface InfraCluster {
  readonly id: string
  readonly publicHostname: string
  readonly publicScheme: 'http' | 'https'
  /** How often metrics are collected, in seconds (`config.clusterMetricsCollectInterval`, default 30). */
  readonly collectIntervalSeconds: number
  readonly exposure: Exposure
}

/** Host name endings and names that mean something else, or nothing, inside a cluster. */
const innerHosts = /(^|\.)(svc|local|localhost)$|^localhost$|^127\.|^\[?::1\]?$|^[^.:]+$/

/**
 * What keeps configured addresses from being handed to a cluster (spec/errors-and-gaps.md 59): each must be an absolute
 * URL whose host means the same everywhere.
 * @param allowInner takes inner names too: the local product and its simulated cluster share one machine
 */
export function addressProblems(config: Pick<InfraConfig, 'gatewayUrl' | 'services'>, allowInner = false): string[] {
  const problems: string[] = []
  for (const [name, address] of [['gatewayUrl', config.gatewayUrl] as const, ...Object.entries(config.services)]) {
    if (!/_(url|host)$|^gatewayUrl$/.test(name)) continue // such as vdag_controller_image_name
    const url = URL.parse(address)
    if (!url || !['http:', 'https:', 'redis:', 'rediss:'].includes(url.protocol)) problems.push(`${name} is not a URL`)
    else if (!allowInner && innerHosts.test(url.hostname))
      problems.push(`${name} is not reachable from another cluster`)
  }
  return problems
}
