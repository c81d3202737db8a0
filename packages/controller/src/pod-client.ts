import { type KubeClient, openClient } from '@gridgate/kube/client'
import { sanitise } from '@gridgate/kube/kubeconfig'
import type { ApiServer } from './settings.ts'

/** A token is looked at again after this long, in milliseconds: kubelets write a new one long before the old one ends. */
const tokenMsMax = 60_000

/**
 * The client of a program that lives as long as its pod. Its token, which rotates, is read anew; the client of the old one is
 * closed once its last request must be over.
 */
export function podClient(apiServer: () => ApiServer): KubeClient {
  let current: { client: KubeClient; key: string; readAt: number } | undefined
  const client = (): KubeClient => {
    const now = performance.now()
    if (current && now - current.readAt < tokenMsMax) return current.client
    const { url, ca, token } = apiServer()
    const key = JSON.stringify([url, ca, token()])
    if (current?.key === key) current.readAt = now
    else {
      const old = current?.client
      current = { client: open({ url, ca, token }), key, readAt: now }
      if (old) setTimeout(() => old.close(), tokenMsMax).unref()
    }
    return current.client
  }
  return new Proxy({} as KubeClient, {
    get: (_, name: keyof KubeClient) =>
      name === 'close' ? () => current?.client.close() : (...given: unknown[]) => call(client(), name, given),
  })
}

const call = (client: KubeClient, name: keyof KubeClient, given: unknown[]): unknown =>
  (client[name] as (...given: unknown[]) => unknown)(...given)

/** The pod's own API server is no caller's choice, so no address is refused. */
function open({ url, ca, token }: ApiServer): KubeClient {
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
