import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { parse, stringify } from 'yaml'

export interface KubernetesReply {
  status: number
  body: { kind?: string; items?: KubernetesItem[]; [more: string]: unknown }
}

export interface KubernetesItem {
  kind?: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  spec?: Record<string, unknown>
  status?: Record<string, unknown>
}

interface Kubeconfig {
  clusters: [{ name: string; cluster: { server: string; 'certificate-authority-data': string } }]
  users: [{ name: string; user: Record<string, string> }]
  contexts: [{ name: string; context: { cluster: string; user: string } }]
  'current-context': string
}

export const readKubeconfig = (file: string): Kubeconfig => parse(readFileSync(file, 'utf8')) as Kubeconfig

/** Names that a kubeconfig gives to its parts, and how its user logs in. */
export interface Naming {
  cluster: string
  user: string
  context: string
  login: Record<string, string>
}

/** The same cluster under other names and with another user, as YAML text. */
export function kubeconfigFor(file: string, { cluster, user, context, login }: Naming): string {
  const { clusters } = readKubeconfig(file)
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: clusters[0].cluster }],
    users: [{ name: user, user: login }],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
  })
}

/** Plain HTTPS to the cluster of a kubeconfig, with its client certificate: no Kubernetes library between. */
export function kubernetes(file: string) {
  const { clusters, users } = readKubeconfig(file)
  const [{ cluster }] = clusters
  const [{ user }] = users
  const decoded = (text = ''): string => Buffer.from(text, 'base64').toString()
  const credentials = {
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  }
  const call = (method: string, path: string, body?: unknown): Promise<KubernetesReply> =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const headers = body === undefined ? {} : { 'content-type': type }
      const outgoing = request(cluster.server + path, { method, headers, ...credentials }, async (reply) => {
        let text = ''
        for await (const chunk of reply) text += chunk
        resolve({ status: reply.statusCode ?? 0, body: JSON.parse(text) as KubernetesReply['body'] })
      })
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return { call, labelled: (selector: string) => labelled(call, selector) }
}

type Call = (method: string, path: string, body?: unknown) => Promise<KubernetesReply>

interface Resources {
  resources: { name: string; kind: string; verbs: string[] }[]
}

/** Every object of every kind the cluster knows that carries a label, as `Kind namespace/name`. */
async function labelled(call: Call, selector: string): Promise<string[]> {
  const groups = (await call('GET', '/apis')).body.groups as { preferredVersion: { groupVersion: string } }[]
  const roots = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)]
  const found: string[] = []
  for (const root of roots) {
    const { resources } = (await call('GET', root)).body as unknown as Resources
    for (const { name, kind } of resources.filter((one) => one.verbs.includes('list') && !one.name.includes('/'))) {
      const { items = [] } = (await call('GET', `${root}/${name}?labelSelector=${encodeURIComponent(selector)}`)).body
      found.push(...items.map(({ metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`))
    }
  }
  return found.sort()
}
