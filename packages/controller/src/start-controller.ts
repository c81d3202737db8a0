import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type KubeClient, openClient } from '@gridgate/kube/client'
import { ports } from '@gridgate/kube/components/names'
import { sanitise } from '@gridgate/kube/kubeconfig'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { type ControllerState, controllerApp, healthApp } from './apps.ts'
import { openIdentity } from './identity.ts'
import type { ApiServer, ControllerSettings } from './settings.ts'

/** What a container of the controller's pod does (packages/kube/src/components/controller.ts, `args`). */
export type ControllerRole = 'controller' | 'metrics-reader'

export interface ControllerOptions {
  role: ControllerRole
  settings: ControllerSettings
  /** Asked at each attempt; may throw while it is not known. */
  apiServer: () => ApiServer
  host: string
  /** Where each documented port is really listened on; the port itself unless said otherwise, 0 for any free one. */
  listenOn?: (port: number) => number
  log: (event: string, fields: Record<string, unknown>) => void
}

export interface RunningController {
  isReady(): boolean
  /** Documented port → the port that is listened on. */
  ports: Record<number, number>
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
  const { role, settings, host, listenOn = (port) => port } = options
  const state: ControllerState = { settings, identity: null, isReady: role === 'metrics-reader' }
  const stopping = new AbortController()
  const served = role === 'controller' ? [ports.controller, ports.blocks, ports.management] : [ports.metrics]
  const servers = await Promise.all(
    served.map(async (port) => {
      const app = port === ports.controller ? controllerApp(state) : healthApp(state)
      return [port, await listen(app, host, listenOn(port))] as const
    }),
  )
  const opening = role === 'controller' ? keepTrying(options, state, stopping.signal) : undefined
  return {
    isReady: () => state.isReady,
    ports: Object.fromEntries(servers.map(([port, server]) => [port, (server.address() as AddressInfo).port])),
    async stop() {
      stopping.abort()
      await Promise.all([opening, ...servers.map(([, server]) => close(server))])
    },
  }
}

/** Opens the identity, however long that takes; a controller that cannot is alive and not ready, and says why. */
async function keepTrying(options: ControllerOptions, state: ControllerState, signal: AbortSignal): Promise<void> {
  for (let wait = retryMsMin; !signal.aborted; wait = Math.min(wait * 2, retryMsMax)) {
    let client: KubeClient | undefined
    try {
      client = clientOf(options.apiServer())
      state.identity = await openIdentity(client, options.settings.clusterId)
      state.isReady = true
      options.log('controller.ready', { clusterId: options.settings.clusterId, role: options.role })
      return
    } catch (error) {
      options.log('controller.waiting', {
        reason: error instanceof Error ? `${error.name}: ${error.message}` : 'unknown',
      })
      await delay(wait, undefined, { signal }).catch(() => undefined)
    } finally {
      client?.close()
    }
  }
}

/** The pod's own API server is no caller's choice, so no address is refused. */
function clientOf({ url, ca, token }: ApiServer): KubeClient {
  const kubeconfig = sanitise({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'pod',
    contexts: [{ name: 'pod', context: { cluster: 'pod', user: 'pod' } }],
    clusters: [
      { name: 'pod', cluster: { server: url, 'certificate-authority-data': Buffer.from(ca).toString('base64') } },
    ],
    users: [{ name: 'pod', user: { token: token() } }],
  })
  return openClient(kubeconfig, { checkAddress: () => undefined })
}

function listen(app: Hono, hostname: string, port: number): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, hostname, () => resolve(server))
  })
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
