import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { JsonObject } from '@gridgate/core/json'
import type { Log } from '@gridgate/core/ports'
import { bootstrapTokens } from '@gridgate/kube/bootstrap-token'
import type { KubeClient } from '@gridgate/kube/client'
import { appsOf, type ControllerRole } from './apps.ts'
import { type ControllerPorts, edgePorts } from './controller-ports.ts'
import { gatewayClient } from './gateway/gateway-client.ts'
import { type GatewayTrust, gatewayTrust } from './gateway/gateway-trust.ts'
import { keepReporting } from './gateway/heartbeat.ts'
import { type Identity, openIdentity } from './identity/identity.ts'
import type { IdentityStore } from './identity/identity-store.ts'
import type { MetricsDatabase } from './metrics/database.ts'
import { keepLatest } from './metrics/latest.ts'
import { readSummary } from './metrics/summary.ts'
import { type Scanner, startScanner } from './pod/scanner.ts'
import { close, listen } from './serve.ts'
import type { ControllerSettings } from './settings.ts'
import { type Measurements, measurements } from './system/measurements.ts'

export interface ControllerOptions {
  role: ControllerRole
  settings: ControllerSettings
  /** Of this program, told to the gateway. */
  version: string
  /** The way to the cluster; closed with the controller. */
  kube: KubeClient
  database: MetricsDatabase
  identityStore: IdentityStore
  /** The configured keys of the gateway, as the text of a JWK set; asked anew. */
  gatewayKeys: () => string | null
  host: string
  /** Where each documented port is really listened on; the port itself unless said otherwise, 0 for any free one. */
  listenOn?: (port: number) => number
  log: Log
}

export interface RunningController {
  isReady(): boolean
  /** Who it is, once that is open; null for a role without an identity, and when it was stopped before. */
  identity: Promise<Identity | null>
  /** Documented port → the port that is listened on. */
  ports: Record<number, number>
  /** Takes no new request, lets those under way end, and stops reporting. */
  stop(): Promise<void>
}

/** The API server may not be there yet, or rights may come a little later than the pod. */
const retryMsMin = 250
const retryMsMax = 10_000

/**
 * Starts the program that runs in each cluster. It listens at once; the controller is ready when its identity is open. Only
 * one container of the pod has an identity, so that two never make a key pair at the same time.
 */
export async function startController(options: ControllerOptions): Promise<RunningController> {
  const { role, settings, kube, database, host, log, listenOn = (port) => port } = options
  const startedAt = new Date()
  const stopping = new AbortController()
  const trust = gatewayTrust({
    clusterId: settings.clusterId,
    configured: options.gatewayKeys,
    store: () => options.identityStore,
    startedAt,
  })
  let identity: Identity | null = null
  const isReady = (): boolean => role !== 'controller' || identity !== null
  const clock = { now: () => new Date() }
  // Only one container of the pod watches; the other has no route that asks.
  const scanner = startScanner({ kube, clock }, role === 'controller' ? stopping.signal : AbortSignal.abort())
  const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: stopping.signal })
  const tokens = bootstrapTokens(kube, settings.clusterId)
  const own = {
    settings,
    kube,
    database,
    latest: keepLatest({ settings, database, clock }, { pause }),
    tokens,
    scanner,
    measurements: measured(scanner, startedAt),
    log,
    clock,
    identity: () => identity,
    isReady,
  }
  const ports: ControllerPorts = { ...own, ...edgePorts(trust, own) }
  const servers = await Promise.all(
    appsOf(role, ports).map(async ([port, app]) => [port, await listen(app, host, listenOn(port))] as const),
  )
  const opening = role === 'controller' ? openWhenPossible(options, stopping.signal) : Promise.resolve(null)
  const working = opening.then((opened) => {
    identity = opened
    return opened && reportAs(opened, ports, options, { trust, startedAt, signal: stopping.signal })
  })
  return {
    isReady,
    identity: opening,
    ports: Object.fromEntries(servers.map(([port, server]) => [port, (server.address() as AddressInfo).port])),
    async stop() {
      stopping.abort()
      await Promise.all([working, scanner.done, own.latest.ended(), ...servers.map(([, server]) => close(server))])
      kube.close()
    },
  }
}

const measured = (scanner: Scanner, startedAt: Date): Measurements =>
  measurements([
    {
      name: 'gridgate_controller_scan_age_seconds',
      help: 'Since when the API server has said nothing of nodes and pods.',
      read: scanner.ageSeconds,
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      read: () => process.memoryUsage.rss(),
    },
    {
      name: 'process_start_time_seconds',
      help: 'Start of the process, since 1970.',
      read: () => startedAt.getTime() / 1000,
    },
  ])

/** Opens the identity, however long that takes; a controller that cannot is alive and not ready, and says why. */
async function openWhenPossible(options: ControllerOptions, signal: AbortSignal): Promise<Identity | null> {
  const { identityStore, settings, role, log } = options
  for (let wait = retryMsMin; !signal.aborted; wait = Math.min(wait * 2, retryMsMax)) {
    try {
      const identity = await openIdentity(identityStore, settings.clusterId)
      log.info('controller.ready', { clusterId: settings.clusterId, role })
      return identity
    } catch (error) {
      log.warn('controller.waiting', { reason: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown' })
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }
  return null
}

function reportAs(
  identity: Identity,
  ports: ControllerPorts,
  { settings, version }: ControllerOptions,
  more: { trust: GatewayTrust; startedAt: Date; signal: AbortSignal },
): Promise<void> {
  const gateway = gatewayClient(settings.gatewayUrl, identity, ports)
  const summary = (): Promise<JsonObject | null> => readSummary(ports)
  return keepReporting(ports, { ...more, clusterId: settings.clusterId, version, gateway, identity, summary })
}
