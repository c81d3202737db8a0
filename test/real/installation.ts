import { setTimeout as delay } from 'node:timers/promises'
import { type KubeClient, openClient } from '@gridgate/kube/client'
import { defaultImages, type Exposure, type InfraConfig, type Storage } from '@gridgate/kube/components/infra-config'
import { objectsFor } from '@gridgate/kube/components/objects-for'
import { kinds } from '@gridgate/kube/kinds'
import { sanitise } from '@gridgate/kube/kubeconfig'
import { describeReference, type KubernetesObject, referenceOf } from '@gridgate/kube/object'
import { ownerLabels } from '@gridgate/kube/ownership'
import { checkReadiness } from '@gridgate/kube/readiness'
import { removeOwned } from '@gridgate/kube/remove-owned'
import type { Right } from '@gridgate/kube/required-rights'
import { kubeconfigText } from '@gridgate/local/kube/kubeconfig'
import { Client } from '../../packages/kube/contract/client.ts'
import { type AuditLine, auditedIn, auditedOfIn } from './audit-log.ts'
import { type RealCluster, realCluster } from './real-cluster.ts'

/** Longest wait for what controllers bring about, in milliseconds; the removal of a namespace alone takes 5 to 17 s. */
const waitMsMax = 60_000
const lookMs = 100

/** The product's own adapter on the real API server. */
export function adapterOf(kubeconfig: string): KubeClient {
  return openClient(sanitise(kubeconfig), { checkAddress: () => undefined })
}

/** Plain HTTPS as the administrator, to look at things beside the adapter. */
export const plainClient = (): Client => new Client(realCluster())

/** A kubeconfig with a bearer token. */
export const kubeconfigOf = ({ url, ca }: RealCluster, token: string): string => kubeconfigText(url, ca, { token })

/** A token of a ServiceAccount, made the way a kubelet asks for one. */
export async function tokenOf(plain: Client, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
  const { status, body } = await plain.post(path, { spec: { expirationSeconds: 3600 } })
  if (status !== 201) throw new Error(`no token for ${namespace}/${name}: ${status} ${JSON.stringify(body)}`)
  return body.status.token
}

/** Waits until a new right is known: the API server learns of it by a watch of its own. */
export function untilAllowed(client: KubeClient, { verb, group, resource }: Right): Promise<void> {
  const { apiVersion, kind } = kinds.selfSubjectAccessReview
  const spec = { resourceAttributes: { verb, group, resource } }
  return untilEmpty('not allowed', async () => {
    const { status } = (await client.review({ apiVersion, kind, spec })) as { status?: { allowed?: boolean } }
    return status?.allowed ? [] : [`${verb} ${resource}`]
  })
}

/** What is built in these tests. */
export const configOf = (storage: Storage): InfraConfig => ({
  images: defaultImages,
  storage,
  retentionDays: 7,
  gatewayKeys: [],
  gatewayUrl: 'https://gateway.example.net',
  services: {},
  gpuNodeLabel: { 'nvidia.com/gpu.present': 'true' },
})

/** All objects of the infrastructure of cluster `id`, in the order of creation. */
export function objectsOfInfra(
  id: string,
  exposure: Exposure,
  storage: Storage = { kind: 'persistent', gibibytes: 1 },
): KubernetesObject[] {
  const details = {
    id,
    publicHostname: `${id}.example.net`,
    publicScheme: 'http' as const,
    collectIntervalSeconds: 30,
    exposure,
  }
  return objectsFor(details, configOf(storage)).flatMap(({ objects }) => objects)
}

/** Asks until the answer is empty. @throws {Error} with the last answer */
export async function untilEmpty(what: string, ask: () => Promise<string[]>): Promise<void> {
  const end = performance.now() + waitMsMax
  for (;;) {
    const left = await ask()
    if (left.length === 0) return
    if (performance.now() > end) throw new Error(`${what} after ${waitMsMax} ms: ${left.join(', ')}`)
    await delay(lookMs)
  }
}

/** Waits until the product itself judges everything ready. */
export function untilReady(client: KubeClient, objects: readonly KubernetesObject[]): Promise<void> {
  return untilEmpty('not ready', async () => {
    const judged = await checkReadiness(client, objects.map(referenceOf))
    return judged.filter(({ ready }) => !ready).map((one) => `${describeReference(one)} ${one.reason}`)
  })
}

/** Removes pass by pass, as the workflow does; answers the namespaces that were kept. */
export async function removeAll(client: KubeClient, id: string): Promise<string[]> {
  let keptNames: string[] = []
  await untilEmpty('not removed', async () => {
    const { remaining, kept } = await removeOwned(client, id)
    keptNames = kept.map(({ namespace, foreign }) => `${namespace}: ${foreign.join(', ')}`)
    return remaining.map(describeReference)
  })
  return keptNames
}

/** Everything of any kind that carries the owner labels of cluster `id`; asked of the API server, not of the product. */
export async function labelled(plain: Client, client: KubeClient, id: string): Promise<string[]> {
  const selector = Object.entries(ownerLabels(id)).map(([name, value]) => `${name}=${value}`)
  const found: string[] = []
  for (const { apiVersion, plural, verbs } of await client.resources()) {
    if (!verbs.includes('list')) continue
    const root = apiVersion.includes('/') ? '/apis' : '/api'
    const path = `${root}/${apiVersion}/${plural}?labelSelector=${encodeURIComponent(selector.join(','))}`
    const { status, body } = await plain.get(path)
    if (status !== 200) throw new Error(`${path} answered ${status}`)
    for (const { metadata } of body.items as KubernetesObject[])
      found.push(`${plural} ${metadata.namespace} ${metadata.name}`)
  }
  return found
}

/** What the shared API server has logged. */
export const audited = (): AuditLine[] => auditedIn(realCluster().auditLog)

/** The same of one program alone. */
export const auditedOf = (userAgent: string): AuditLine[] => auditedOfIn(userAgent, realCluster().auditLog)

/** Makes a Gateway that takes routes of all namespaces on the ingress' port; returns how it is taken away again. */
export async function makeGateway(plain: Client, name: string): Promise<() => Promise<void>> {
  const gateways = '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways'
  const listener = { name: 'http', port: 32_000, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }
  const { status } = await plain.post(gateways, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name },
    spec: { gatewayClassName: 'none', listeners: [listener] },
  })
  if (status !== 201) throw new Error(`the Gateway ${name} was not made: ${status}`)
  return async () => void (await plain.remove(`${gateways}/${name}`))
}
