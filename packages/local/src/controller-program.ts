import type { ControllerRole } from '@gridgate/controller/apps'
import { secretIdentityStore } from '@gridgate/controller/identity/identity-store'
import { podClient } from '@gridgate/controller/pod-client'
import { readSettings } from '@gridgate/controller/settings'
import { startController } from '@gridgate/controller/start-controller'
import { version } from '@gridgate/controller/version'
import type { ContainerProgram, ImageRegistry } from './kube/programs.ts'
import { plainProgram } from './kube/programs.ts'

/** Images of the in-cluster services that merely run in the simulated cluster. */
const plainImages = [
  /victoria-metrics:/,
  /vmagent:/,
  /node-exporter:/,
  /dcgm-exporter:/,
  /(^|\/)(pause|busybox|nginx|alpine)(:|$)/,
]
const controllerImage = /(^|\/)controller(:|@)/

/**
 * What stands behind the image names in the simulated cluster: our own controller program for its image, programs that
 * merely run for well-known ones, and nothing for others, whose pods then wait with ImagePullBackOff as on any cluster.
 */
export function simulatedImages(apiServer: () => { url: string; ca: string }): ImageRegistry {
  const controller: ContainerProgram = {
    async start({ env, files, container, serviceAccountToken, log }) {
      const line = (event: string, fields?: Record<string, unknown>): void => log(JSON.stringify({ event, ...fields }))
      const settings = readSettings(env)
      const kube = podClient(() => ({ ...apiServer(), token: () => serviceAccountToken }))
      const running = await startController({
        role: (container.args[0] ?? 'controller') as ControllerRole,
        settings,
        version,
        kube,
        identityStore: secretIdentityStore(kube, settings.clusterId),
        gatewayKeys: () => files[settings.gatewayKeysFile] ?? null,
        host: '127.0.0.1',
        listenOn: () => 0,
        log: { info: line, warn: line, error: line },
      })
      return { ready: () => running.isReady(), stop: () => running.stop(), ports: running.ports }
    },
  }
  return (image) => {
    if (controllerImage.test(image)) return controller
    return plainImages.some((pattern) => pattern.test(image)) ? plainProgram : null
  }
}
