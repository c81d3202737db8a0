import { createHash, X509Certificate } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import { parse } from 'yaml'
import type { KubeClient } from './client.ts'
import { listAt, textAt } from './object.ts'

/** Where a machine finds the cluster that it joins, and how it knows that it is the right one. */
export interface JoinAddress {
  /** `host:port` */
  readonly host: string
  /** What `kubeadm join --discovery-token-ca-cert-hash` takes. */
  readonly ca_cert_hash: string
}

/** Longest kubeconfig that is read, in characters. */
const charactersMax = 100_000
/** kubeadm publishes it for everyone who joins, unauthenticated too. */
const published = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-public', name: 'cluster-info' } as const

/** As kubeadm's clusters publish it; null where there is nothing, it may not be read, or it makes no sense. */
export async function joinAddress(client: Pick<KubeClient, 'get'>): Promise<JoinAddress | null> {
  const found = await client.get(published).catch((error: unknown) => {
    if (error instanceof GridError && error.code === 'kube.forbidden') return null
    throw error
  })
  const text = textAt(found, 'data', 'kubeconfig')
  if (text === undefined || text.length > charactersMax) return null
  try {
    const cluster = listAt(parse(text, { maxAliasCount: 0 }), 'clusters')[0]
    const server = new URL(textAt(cluster, 'cluster', 'server') ?? '')
    const pem = Buffer.from(textAt(cluster, 'cluster', 'certificate-authority-data') ?? '', 'base64')
    return { host: `${server.hostname}:${server.port || 443}`, ca_cert_hash: publicKeyHash(pem) }
  } catch {
    return null
  }
}

/** The SHA-256 of the authority's public key (its SubjectPublicKeyInfo), which is what kubeadm pins. */
function publicKeyHash(pem: Buffer): string {
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' })
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}
