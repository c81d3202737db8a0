import { readSettings } from '@gridgate/controller/settings'
import { type ControllerRole, startController } from '@gridgate/controller/start-controller'
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
    async start({ env, container, serviceAccountToken, log }) {
      const running = await startController({
        role: (container.args[0] ?? 'controller') as ControllerRole,
        settings: readSettings(env),
        apiServer: () => ({ ...apiServer(), token: () => serviceAccountToken }),
        host: '127.0.0.1',
        listenOn: () => 0,
        log: (event, fields) => log(JSON.stringify({ event, ...fields })),
      })
      return { ready: () => running.isReady(), stop: () => running.stop(), ports: running.ports }
    },
  }
  return (image) => {
    if (controllerImage.test(image)) return controller
    return plainImages.some((pattern) => pattern.test(image)) ? plainProgram : null
  }
}
