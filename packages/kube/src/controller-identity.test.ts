import { describe, expect, it } from 'vitest'
import { controllerPublicKey } from './controller-identity.ts'
import { MemoryCluster } from './memory-cluster.ts'

const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: 'k1' }

async function published(data?: Record<string, string>) {
  const cluster = new MemoryCluster()
  const metadata = { name: 'west-1-controller-identity', namespace: 'controllers' }
  if (data) cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  return controllerPublicKey(cluster, 'west-1')
}

describe('controllerPublicKey', () => {
  it('reads the key that the controller published, and nothing more of it', async () => {
    expect(await published({ 'public-key.json': JSON.stringify({ ...key, d: 'private' }) })).toEqual(key)
  })

  it.each([
    ['nothing is there', undefined],
    ['nothing is written yet', {}],
    ['it is not JSON', { 'public-key.json': 'x' }],
    ['it is another kind of key', { 'public-key.json': JSON.stringify({ ...key, crv: 'X25519' }) }],
    ['it has another length', { 'public-key.json': JSON.stringify({ ...key, x: 'abc' }) }],
    ['it has no id', { 'public-key.json': JSON.stringify({ ...key, kid: undefined }) }],
  ])('is null while %s', async (_when, data) => {
    expect(await published(data)).toBeNull()
  })
})
