import { createApiKey } from '@gridgate/core/auth/api-key'
import type { Identified } from '@gridgate/core/auth/authenticator'
import { Cluster } from '@gridgate/core/cluster/cluster'
import { memoryStore } from '@gridgate/storage/memory-store'
import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeTestKey, signCall } from '../../../test/signing.ts'
import { openIssuer, type TokenIssuer } from '../../../test/token-issuer.ts'
import { compose } from './compose.ts'
import { readConfig } from './config.ts'

let issuer: TokenIssuer
beforeAll(async () => {
  issuer = await openIssuer()
})
afterAll(() => issuer.stop())
beforeEach(() => {
  issuer.asked.length = 0
})

const claims = (more: JWTPayload = {}): JWTPayload => ({
  ...{ iss: issuer.url, aud: 'gridgate', sub: 'ann', exp: Math.floor(Date.now() / 1000) + 60 },
  ...{ gridgate_role: 'viewer', gridgate_clusters: ['west-1'], ...more },
})

function open(environment: Record<string, string> = {}) {
  const config = readConfig({
    ...{ GRIDGATE_OIDC_ISSUER: issuer.url, GRIDGATE_OIDC_AUDIENCE: 'gridgate' },
    GRIDGATE_OUTBOUND_LOCAL: new URL(issuer.url).host,
    ...environment,
  })
  const ports = compose(config, { store: memoryStore(), log: { info() {}, warn() {}, error() {} } })
  const identify = (authorization: string): Promise<Identified> =>
    ports.authenticator.identify({ authorization, fromThisMachine: false, method: 'GET', path: '/' })
  return { ports, identify }
}

describe('a bearer token', () => {
  it('of the issuer is its subject, with the rights of its claims', async () => {
    const { identify } = open()
    const ann = { id: 'oidc:ann', role: 'viewer', clusters: ['west-1'] }
    for (let call = 0; call < 3; call++) expect(await identify(`Bearer ${await issuer.sign(claims())}`)).toEqual(ann)
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/keys'])
  })

  it('says its rights by the claims that the configuration names', async () => {
    const { identify } = open({ GRIDGATE_OIDC_ROLE_CLAIM: 'groups', GRIDGATE_OIDC_CLUSTERS_CLAIM: 'sites' })
    const token = await issuer.sign(claims({ groups: ['staff', 'network-admin'], sites: '*' }))
    expect(await identify(`Bearer ${token}`)).toMatchObject({ role: 'network-admin', clusters: '*' })
    const without = await issuer.sign(claims())
    await expect(identify(`Bearer ${without}`)).rejects.toMatchObject({ code: 'auth.forbidden' })
  })

  it('is never taken from where the configuration does not let us call', async () => {
    const { identify } = open({ GRIDGATE_OUTBOUND_LOCAL: '' })
    const token = await issuer.sign(claims())
    await expect(identify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'service.unavailable' })
    expect(issuer.asked).toEqual([])
  })

  it('of an issuer that nobody configured is no credential', async () => {
    const { identify } = open({ GRIDGATE_OIDC_ISSUER: '', GRIDGATE_OIDC_AUDIENCE: '' })
    await expect(identify(`Bearer ${await issuer.sign(claims())}`)).rejects.toMatchObject({ code: 'auth.invalid' })
    expect(issuer.asked).toEqual([])
  })
})

describe('beside tokens', () => {
  it('keys and signed calls of controllers are told apart, and neither passes for the other', async () => {
    const { ports, identify } = open()
    const own = await makeTestKey('own')
    const { cluster, version } = await ports.clusters.create(
      Cluster.parse({ id: 'west-1', regionId: 'eu', nodes: { count: 0 } }),
    )
    await ports.clusters.writeSystem(cluster.id, version, { controllerKey: own.publicKey })
    const { key } = await createApiKey(ports, { name: 'n', role: 'viewer', clusters: '*', expiresAt: null })
    expect(await identify(`Bearer ${key}`)).toMatchObject({ role: 'viewer' })

    const call = await signCall(own, { issuer: 'west-1', audience: 'gridgate' })
    expect(await identify(`Bearer ${call}`)).toMatchObject({ id: 'controller:own', role: 'service' })
    // A controller that claims to be the issuer, and an issuer that claims to be a controller.
    const posing = await signCall(
      own,
      { issuer: issuer.url, audience: 'gridgate' },
      JSON.parse(JSON.stringify(claims())),
    )
    await expect(identify(`Bearer ${posing}`)).rejects.toMatchObject({ code: 'auth.invalid' })
    const token = await issuer.sign(claims({ iss: 'west-1' }), { kid: 'own', typ: 'gridgate-call+jwt' })
    await expect(identify(`Bearer ${token}`)).rejects.toMatchObject({ code: 'auth.invalid' })
  })

  it('a made-up call does not tell whether the cluster it names is there', async () => {
    const { ports, identify } = open()
    const [own, madeUp] = [await makeTestKey('own'), await makeTestKey('made-up')]
    for (const id of ['enrolled-1', 'fresh-1']) {
      const { cluster, version } = await ports.clusters.create(
        Cluster.parse({ id, regionId: 'eu', nodes: { count: 0 } }),
      )
      if (id === 'enrolled-1') await ports.clusters.writeSystem(cluster.id, version, { controllerKey: own.publicKey })
    }
    const told = await Promise.all(
      ['enrolled-1', 'fresh-1', 'absent-1', 'No Id'].map(async (issuer) => {
        const call = await signCall(madeUp, { issuer, audience: 'gridgate' })
        return identify(`Bearer ${call}`).then(
          () => 'taken',
          ({ code, message }) => `${code}: ${message}`,
        )
      }),
    )
    expect(new Set(told)).toEqual(new Set(['auth.invalid: the signed call is refused: its key is not known']))
  })
})
