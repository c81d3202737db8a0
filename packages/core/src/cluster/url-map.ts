import { GridError } from '../errors.ts'

/** NodePorts of a cluster's documented endpoints (spec/infra.md §4 and §5). */
export const endpointNodePorts = { controller: 32300, metrics: 32301, blocks: 32302, management: 32303 } as const

/** Paths of the same endpoints behind the cluster's ingress. */
export const endpointPrefixes = {
  controller: '/controller',
  metrics: '/metrics',
  blocks: '/blocks',
  management: '/mgmt',
} as const satisfies Record<keyof typeof endpointNodePorts, string>

/** Port of the cluster's ingress, which its owner installs. */
export const ingressPort = 32_000

/** Where a cluster's parts answer; written to `config.urlMap` by infra creation and by nothing else. */
export interface UrlMap {
  readonly controllerService: string
  readonly metricsService: string
  readonly blocksQuery: string
  readonly publicGateway: string
  readonly parameterUpdater: string
  /** The controller itself: the original's separate membership server is not run (spec/decisions.md 51). */
  readonly membershipServer: string
}

export interface UrlMapInput {
  /** Host name or address, without scheme, port and path. */
  readonly publicHostname: string
  readonly useGateway: boolean
  readonly publicScheme?: 'http' | 'https'
}

/**
 * The addresses of a cluster's endpoints in either exposure mode, each a string (spec/infra.md §5).
 * @throws {GridError} `request.invalid` when the host name is none, because it becomes the base of outbound calls
 */
export function urlMap({ publicHostname, useGateway, publicScheme = 'http' }: UrlMapInput): UrlMap {
  const host = hostOf(publicHostname)
  if (host === null)
    throw new GridError('request.invalid', 'config.publicHostname is not a host name or address', {
      details: { pointer: '/config/publicHostname' },
    })
  const base = `${publicScheme}://${host}`
  const at = (endpoint: keyof typeof endpointNodePorts): string =>
    useGateway ? `${base}:${ingressPort}${endpointPrefixes[endpoint]}` : `${base}:${endpointNodePorts[endpoint]}`
  return {
    controllerService: at('controller'),
    metricsService: at('metrics'),
    blocksQuery: at('blocks'),
    publicGateway: `${base}:${ingressPort}`,
    parameterUpdater: at('management'),
    membershipServer: at('controller'),
  }
}

/**
 * Reads a stored map. One-element arrays, which the original wrote by mistake, count as their element; anything that is
 * not an http or https URL is left out (spec/errors-and-gaps.md 51).
 */
export function readUrlMap(stored: unknown): Partial<UrlMap> {
  if (stored === null || typeof stored !== 'object') return {}
  const names = [
    'controllerService',
    'metricsService',
    'blocksQuery',
    'publicGateway',
    'parameterUpdater',
    'membershipServer',
  ]
  const entries = names.flatMap((name) => {
    const value = Object.hasOwn(stored, name) ? (stored as Record<string, unknown>)[name] : undefined
    const single = Array.isArray(value) && value.length === 1 ? value[0] : value
    return isHttpUrl(single) ? [[name, single] as const] : []
  })
  return Object.fromEntries(entries)
}

function isHttpUrl(value: unknown): value is string {
  if (typeof value !== 'string') return false
  const url = URL.parse(value)
  return url !== null && ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === ''
}

const hostNamePattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

/** The host as it stands in a URL, or null. The parser must read it as it was written: `1.2.3` is no name to it. */
export function hostOf(text: string): string | null {
  const isIPv6 = /^\[?[0-9a-f.]*:[0-9a-f:.]*\]?$/i.test(text)
  const host = isIPv6 ? `[${text.replace(/^\[|\]$/g, '')}]` : text.toLowerCase()
  const read = URL.parse(`http://${host}`)?.hostname
  if (read === undefined) return null
  return isIPv6 || (hostNamePattern.test(host) && read === host) ? read : null
}
