import { describe, expect, it } from 'vitest'
import { applyAll } from './apply.ts'
import { type Kind, kinds } from './kinds.ts'
import { MemoryCluster } from './memory-cluster.ts'
import { type PreflightOptions, preflight } from './preflight.ts'

const ingressKinds = [kinds.mappingV2, kinds.mappingV3, kinds.gateway, kinds.httpRoute] as const
const plain = Object.values(kinds).filter((kind) => !ingressKinds.some((ingress) => ingress === kind))

function world(served: readonly Kind[] = plain): MemoryCluster {
  const cluster = new MemoryCluster(served)
  cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system', uid: 'uid-of-west' } })
  return cluster
}

const options: PreflightOptions = { clusterId: 'west-1', identity: null, useGateway: false }
const gateway = (name: string) => ({
  apiVersion: kinds.gateway.apiVersion,
  kind: 'Gateway',
  metadata: { name, namespace: 'ingress' },
})
const service = (nodePort: number, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: {
    type: 'NodePort',
    ports: [
      { port: 80, nodePort: 30999 },
      { port: 81, nodePort },
    ],
  },
})

describe('preflight', () => {
  it('tells the identity, the version and the exposure, and changes nothing', async () => {
    const cluster = world()
    const before = cluster.objects()
    expect(await preflight(cluster, options)).toEqual({
      identity: 'uid-of-west',
      version: '1.36',
      exposure: { kind: 'node-port' },
    })
    expect(await preflight(cluster, { ...options, identity: 'uid-of-west' })).toMatchObject({
      identity: 'uid-of-west',
    })
    expect(cluster.objects()).toEqual(before)
  })

  it('refuses another cluster than the one known', async () => {
    await expect(preflight(world(), { ...options, identity: 'uid-of-east' })).rejects.toMatchObject({
      code: 'cluster.identity_mismatch',
      details: { expected: 'uid-of-east', found: 'uid-of-west' },
    })
  })

  it.each([
    { major: 1, minor: 26 },
    { major: 2, minor: 0 },
    { major: Number.NaN, minor: Number.NaN },
  ])('refuses Kubernetes %j', async (version) => {
    const cluster = world()
    cluster.serverVersion = version
    await expect(preflight(cluster, options)).rejects.toMatchObject({ code: 'kube.unsupported_version' })
  })

  it('names every right that is missing', async () => {
    const cluster = world()
    for (const right of ['create namespaces', 'escalate clusterroles']) cluster.refused.add(right)
    await expect(preflight(cluster, options)).rejects.toMatchObject({
      code: 'kube.forbidden',
      details: { missing: ['create namespaces', 'escalate clusterroles.rbac.authorization.k8s.io'] },
    })
  })

  it('names the service that holds a node port, unless it is ours', async () => {
    const cluster = world()
    await applyAll(cluster, 'west-1', [service(32300, { name: 'ours' })])
    cluster.put({ ...service(1, { name: 'udp' }), spec: { ports: [{ protocol: 'UDP', nodePort: 32301 }] } })
    await preflight(cluster, options)
    cluster.put(service(32302))
    await expect(preflight(cluster, options)).rejects.toMatchObject({
      code: 'infra.port_conflict',
      details: { conflicts: [{ port: 32302, service: 'shop/web' }] },
    })
  })

  describe('in gateway mode', () => {
    const inGatewayMode = { ...options, useGateway: true }

    it('needs no node ports', async () => {
      const cluster = world([...plain, kinds.mappingV2])
      cluster.put(service(32300))
      expect((await preflight(cluster, inGatewayMode)).exposure).toEqual({
        kind: 'mapping',
        apiVersion: 'getambassador.io/v2',
      })
    })

    it('prefers the newer Mapping, and asks for the right to write it', async () => {
      const cluster = world(Object.values(kinds))
      expect((await preflight(cluster, inGatewayMode)).exposure).toEqual({
        kind: 'mapping',
        apiVersion: 'getambassador.io/v3alpha1',
      })
      cluster.refused.add('create mappings')
      await expect(preflight(cluster, inGatewayMode)).rejects.toMatchObject({ code: 'kube.forbidden' })
    })

    it('prefers a Gateway that is configured', async () => {
      const cluster = world(Object.values(kinds))
      cluster.put(gateway('b'))
      const chosen = { ...inGatewayMode, gateway: { namespace: 'ingress', name: 'b' } }
      expect((await preflight(cluster, chosen)).exposure).toMatchObject({ kind: 'http-route' })
    })

    it('takes the only Gateway, or the configured one of several', async () => {
      const cluster = world([...plain, kinds.gateway, kinds.httpRoute])
      cluster.put(gateway('a'))
      expect((await preflight(cluster, inGatewayMode)).exposure).toEqual({
        kind: 'http-route',
        gateway: { namespace: 'ingress', name: 'a' },
      })
      cluster.put(gateway('b'))
      await expect(preflight(cluster, inGatewayMode)).rejects.toMatchObject({ code: 'infra.gateway_missing' })
      const chosen = { ...inGatewayMode, gateway: { namespace: 'ingress', name: 'b' } }
      expect((await preflight(cluster, chosen)).exposure).toMatchObject({ gateway: { name: 'b' } })
    })

    it.each([
      ['has no ingress', plain],
      ['has the Gateway API without a Gateway', [...plain, kinds.gateway, kinds.httpRoute]],
    ])('says what to install when the cluster %s', async (_when, served) => {
      await expect(preflight(world(served), inGatewayMode)).rejects.toMatchObject({
        code: 'infra.gateway_missing',
        message: expect.stringContaining('install Ambassador'),
      })
    })
  })
})
