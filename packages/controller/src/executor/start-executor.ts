import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { executorName } from '@gridgate/core/executor/executor'
import type { Log } from '@gridgate/core/ports'
import type { EdgePorts, Endpoint } from '@gridgate/http/endpoint'
import { fallback } from '@gridgate/http/fallback'
import { ports } from '@gridgate/kube/components/names'
import type { PolicySandbox } from '@gridgate/sandbox/policy-sandbox'
import { Hono } from 'hono'
import { edgePorts } from '../controller-ports.ts'
import { gatewayTrust } from '../gateway/gateway-trust.ts'
import { close, listen } from '../serve.ts'
import { readHealth } from '../system/health.ts'
import { readReadiness } from '../system/ready.ts'
import { type ExecutorPorts, executePolicy } from './execute-policy.ts'
import type { ExecutorSettings } from './executor-settings.ts'

export interface ExecutorOptions {
  settings: ExecutorSettings
  /** The configured keys of the gateway, as the text of a JWK set; asked anew. */
  gatewayKeys: () => string | null
  host: string
  /** Where the documented port is really listened on; 0 for any free one. */
  listenOn?: number
  log: Log
  /** What policies run in; the real sandbox unless said otherwise. */
  sandbox?: PolicySandbox
}

export interface RunningExecutor {
  isReady(): boolean
  /** Documented port → the port that is listened on. */
  ports: Record<number, number>
  /** Takes no new request, lets those under way end, then ends the policies' processes. */
  stop(): Promise<void>
}

/** Pause before the sandbox is tried again, in milliseconds. */
const retryMs = 2_000

/**
 * Starts the program that runs policies for a gateway. It believes calls signed for it alone, and knows nothing else: no
 * registry, no credential, no cluster. It is ready once the sandbox has looked at a piece of code, so the first policy does not
 * wait for the sandbox to be built.
 */
export async function startExecutor(options: ExecutorOptions): Promise<RunningExecutor> {
  const { settings, host, log, listenOn = ports.executor } = options
  const sandbox = options.sandbox ?? (await openSandbox(options))
  const name = executorName(settings.executorId)
  // Keys that the gateway tells by itself reach controllers with their heartbeats; here they come by the ConfigMap.
  const trust = gatewayTrust({
    clusterId: name,
    configured: options.gatewayKeys,
    store: () => null,
    startedAt: new Date(),
  })
  const stopping = new AbortController()
  let isReady = false
  const own = { log, clock: { now: () => new Date() }, settings: { clusterId: name } }
  const app = appOf({ ...edgePorts(trust, own), log, engine: sandbox, isReady: () => isReady })
  const server = await listen(app, host, listenOn)
  const warming = warmUp(sandbox, log, stopping.signal).then((warm) => {
    isReady = warm
    if (warm) log.info('executor.ready', { executorId: settings.executorId, processesMax: settings.processesMax })
  })
  return {
    isReady: () => isReady,
    ports: { [ports.executor]: (server.address() as AddressInfo).port },
    async stop() {
      isReady = false
      stopping.abort()
      await close(server)
      await sandbox.close()
      await warming
    },
  }
}

/** A static import would be hoisted to the head of the bundle, and load the sandbox in every role of the image. */
async function openSandbox({ settings, log }: ExecutorOptions): Promise<PolicySandbox> {
  const { openPolicySandbox } = await import('@gridgate/sandbox/policy-sandbox')
  return openPolicySandbox({
    processesMax: settings.processesMax,
    ...(settings.snapshotFolder === undefined ? {} : { snapshotFolder: settings.snapshotFolder }),
    log: (event, details) => log.info(event, details),
  })
}

function appOf(given: ExecutorPorts & EdgePorts): Hono {
  const served = [readHealth, readReadiness, executePolicy] as unknown as Endpoint<ExecutorPorts>[]
  const callables = served.flatMap(({ route }) => [route, ...route.aliases])
  const app = new Hono()
  for (const one of [...served, fallback(callables) as unknown as Endpoint<ExecutorPorts>])
    app.route('/', one.app(given))
  return app
}

const sample =
  'class AIOSv1PolicyRule:\n    def eval(self, parameters, input_data, context):\n        return input_data\n'

/** False when it was stopped before the sandbox was there. */
async function warmUp(sandbox: PolicySandbox, log: Log, signal: AbortSignal): Promise<boolean> {
  const digest = createHash('sha256').update(sample).digest('hex')
  while (!signal.aborted) {
    const seen = await sandbox.inspect({ digest, kind: 'source', data: sample })
    if (seen.ok) return !signal.aborted
    log.warn('executor.waiting', { reason: seen.message })
    await delay(retryMs, undefined, { signal }).catch(() => undefined)
  }
  return false
}
