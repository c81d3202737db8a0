import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Caller } from '@gridgate/core/caller'
import type { Ports } from '@gridgate/core/ports'
import { signCall, type TestKey } from '../signing.ts'
import { absent, mine } from './network.ts'
import type { Asked } from './requests.ts'

/** Somebody who calls, and the headers that say so. */
export interface Calling {
  name: string
  role: Caller['role'] | null
  clusters: Caller['clusters']
  headers(asked: Asked): Promise<Record<string, string>>
}

/** Who has an API key of a role for clusters. */
export async function openKeyed(
  ports: Ports,
  name: string,
  role: Caller['role'],
  clusters: Caller['clusters'],
): Promise<Calling> {
  const { key } = await createApiKey(ports, { name, role, clusters, expiresAt: null })
  return { name, role, clusters, headers: async () => ({ authorization: `Bearer ${key}` }) }
}

/** One caller of each kind; those that have a scope have it on `mine` and on what is not there. */
export async function openCallers(ports: Ports, controllerKey: TestKey): Promise<Calling[]> {
  const keyed = (name: string, role: Caller['role'], clusters: Caller['clusters']): Promise<Calling> =>
    openKeyed(ports, name, role, clusters)
  const at = ports.clock.now()
  const signed = async ({ method, path, body }: Asked): Promise<Record<string, string>> => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const facts = { issuer: mine, audience: 'gridgate', method, path, body: text, at }
    return { authorization: `Bearer ${await signCall(controllerKey, facts)}` }
  }
  return [
    { name: 'nobody', role: null, clusters: [], headers: async () => ({}) },
    await keyed('viewer', 'viewer', [mine, absent]),
    await keyed('viewer of all', 'viewer', '*'),
    await keyed('cluster-manager', 'cluster-manager', [mine, absent]),
    await keyed('network-admin', 'network-admin', '*'),
    await keyed('service', 'service', [mine, absent]),
    await keyed('service of all', 'service', '*'),
    { name: 'controller', role: 'service', clusters: [mine], headers: signed },
  ]
}
