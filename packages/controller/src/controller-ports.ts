import { randomUUID } from 'node:crypto'
import type { Credentials, Identified } from '@gridgate/core/auth/authenticator'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { BootstrapTokens } from '@gridgate/kube/bootstrap-token'
import type { KubeClient } from '@gridgate/kube/client'
import type { GatewayTrust } from './gateway/gateway-trust.ts'
import type { Identity } from './identity/identity.ts'
import type { MetricsDatabase } from './metrics/database.ts'
import type { Latest } from './metrics/latest.ts'
import type { Scanner } from './pod/scanner.ts'
import type { ControllerSettings } from './settings.ts'
import type { Measurements } from './system/measurements.ts'

/** Everything that a controller's endpoints may touch; each names its share with `Pick`. */
export interface ControllerPorts extends Needs<'clock' | 'ids' | 'log' | 'authenticator' | 'idempotency'> {
  settings: ControllerSettings
  kube: KubeClient
  database: MetricsDatabase
  /** What the database knows of now, remembered. */
  latest: Latest
  /** For joining nodes. */
  tokens: BootstrapTokens
  /** What nodes and blocks are like now. */
  scanner: Scanner
  /** Of this program. */
  measurements: Measurements
  /** Null until it is opened. */
  identity: () => Identity | null
  isReady: () => boolean
}

interface EdgeParts extends Needs<'clock' | 'log'> {
  settings: Pick<ControllerSettings, 'clusterId'>
}

/** The ports that the edge of every endpoint uses: who calls is decided by the signature alone. */
export function edgePorts(
  trust: GatewayTrust,
  given: EdgeParts,
): Pick<ControllerPorts, 'ids' | 'authenticator' | 'idempotency'> {
  return {
    ids: { next: () => randomUUID() },
    authenticator: {
      identify: (credentials) =>
        identify(trust, given, credentials).catch((error: unknown) => {
          if (error instanceof GridError)
            given.log.warn('call.refused', {
              reason: error.message,
              method: credentials.method,
              path: pathOf(credentials),
            })
          throw error
        }),
    },
    // The gateway keeps the keys of its callers; a call to a controller may always be repeated.
    idempotency: { once: (_scope, _fingerprint, work) => work() },
  }
}

async function identify(
  trust: GatewayTrust,
  { clock, settings }: EdgeParts,
  { authorization, method, path }: Credentials,
): Promise<Identified> {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) throw new GridError('auth.missing', 'this controller takes calls signed by its gateway only')
  const call = await trust.accept(token, clock.now())
  if (call.method !== method || call.path !== path)
    throw new GridError('auth.invalid', 'the signed call is refused: it was signed for another method or path')
  return { id: 'gateway', role: 'service', clusters: [settings.clusterId], bodySha256: call.bodySha256 }
}

const pathOf = ({ path }: Credentials): string => path.split('?')[0] ?? ''
