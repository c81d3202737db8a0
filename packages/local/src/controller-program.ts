import type { ControllerRole } from '@gridgate/controller/apps'
import { readExecutorSettings } from '@gridgate/controller/executor/executor-settings'
import { startExecutor } from '@gridgate/controller/executor/start-executor'
import { secretIdentityStore } from '@gridgate/controller/identity/identity-store'
import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { podClient } from '@gridgate/controller/pod-client'
import { readSettings } from '@gridgate/controller/settings'
import { startController } from '@gridgate/controller/start-controller'
import { version } from '@gridgate/controller/version'
import type { ContainerProgram, ImageRegistry } from './kube/programs.ts'
import { plainProgram } from './kube/programs.ts'
import type { Node } from './kube/shapes.ts'
import { databaseProgram } from './metrics/database-program.ts'

/** Images of the in-cluster services that merely run in the simulated cluster. */
const plainImages = [/vmagent:/, /node-exporter:/, /dcgm-exporter:/, /(^|\/)(pause|busybox|nginx|alpine)(:|$)/]
const controllerImage = /(^|\/)controller(:|@)/
const metricsDatabaseImage = /(^|\/)victoria-metrics(:|@)/

/** What the programs know of the cluster that they run in. */
export interface ClusterAround {
  url: string
  ca: string
  nodes(): readonly Node[]
  /** The loopback address behind a Service, or null while no ready pod is. */
  resolveService(hostname: string, port: number): string | null
}

/**
 * What stands behind the image names in the simulated cluster: our own controller program for its image, programs that
 * merely run for well-known ones, and nothing for others, whose pods then wait with ImagePullBackOff as on any cluster.
 */
export function simulatedImages(around: () => ClusterAround): ImageRegistry {
  const controller: ContainerProgram = {
    async start({ env, files, container, serviceAccountToken, log }) {
      const line = (event: string, fields?: Record<string, unknown>): void => log(JSON.stringify({ event, ...fields }))
      const settings = readSettings(env)
      const kube = podClient(() => ({ ...around(), token: () => serviceAccountToken }))
      const running = await startController({
        role: (container.args[0] ?? 'controller') as ControllerRole,
        settings,
        version,
        kube,
        database: openMetricsDatabase(() => loopbackOf(settings.metricsDatabaseUrl, around())),
        identityStore: secretIdentityStore(kube, settings.clusterId),
        gatewayKeys: () => files[settings.gatewayKeysFile] ?? null,
        host: '127.0.0.1',
        listenOn: () => 0,
        log: { info: line, warn: line, error: line },
      })
      return { ready: () => running.isReady(), stop: () => running.stop(), ports: running.ports }
    },
  }
  const executor: ContainerProgram = {
    async start({ env, files, log }) {
      const line = (event: string, fields?: Record<string, unknown>): void => log(JSON.stringify({ event, ...fields }))
      // The snapshot of this machine serves all sandboxes here.
      const { snapshotFolder: _, ...settings } = readExecutorSettings(env)
      const running = await startExecutor({
        settings,
        gatewayKeys: () => files[settings.gatewayKeysFile] ?? null,
        host: '127.0.0.1',
        listenOn: 0,
        log: { info: line, warn: line, error: line },
      })
      return { ready: () => running.isReady(), stop: () => running.stop(), ports: running.ports }
    },
  }
  /** One image, several programs: the first argument says which. */
  const ours: ContainerProgram = {
    start: (context) => (context.container.args[0] === 'policy-executor' ? executor : controller).start(context),
  }
  const database = databaseProgram(() => around().nodes())
  return (image) => {
    if (controllerImage.test(image)) return ours
    if (metricsDatabaseImage.test(image)) return database
    return plainImages.some((pattern) => pattern.test(image)) ? plainProgram : null
  }
}

/** Names inside of the cluster mean something to its programs only. */
function loopbackOf(url: string | null, around: ClusterAround): string | null {
  if (url === null) return null
  const { hostname, port } = new URL(url)
  return around.resolveService(hostname, Number(port))
}
