import { randomUUID } from 'node:crypto'
import { urlMap } from '@gridgate/core/cluster/url-map'
import { type CallFacts, callClaims } from '@gridgate/http/signed-call'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { makeTestKey, signCall } from '../signing.ts'
import { auditedOf } from './installation.ts'
import { describeWithControllers } from './real-cluster.ts'
import { hookMsMax, id, image, nextImage, ShippedProduct, until } from './shipped-product.ts'

vi.mock('@gridgate/local/start-cluster', () => import('./played-cluster.ts'))

const account = 'system:serviceaccount:controllers:gridgate-controller'
const path = '/infra/objects'
const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'metrics', name: 'cluster-metrics' }
const body = JSON.stringify({ references: [reference] })
let product: ShippedProduct

/** A token of the gateway for reading objects, with one thing otherwise. */
async function token(told: Partial<CallFacts> = {}): Promise<string> {
  const facts = { issuer: 'gridgate', audience: id, method: 'POST', path, body, at: new Date(), id: randomUUID() }
  return product.gatewayKeys.sign('call', callClaims({ ...facts, ...told }))
}

async function ask(authorization: string | null, sent = body): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) }
  const { status } = await fetch(product.kubelet.url(4000) + path, { method: 'POST', headers, body: sent })
  return status
}

/** What the API server was asked for these calls; what the controller looks at by itself is something else. */
const askedFor = () => auditedOf('gridgate').filter(({ requestURI }) => requestURI.includes('/deployments'))

const reporting = async () => (await product.call('GET', `/clusters/${id}/controller`)).data
const inSync = async () => (await product.call('GET', `/clusters/${id}/infra`)).data.condition.status === 'InSync'
const loggedEvents = (event: string) =>
  product.kubelet.pods.flatMap(({ logged }) => logged).filter((line) => line.event === event)

async function killPresent(): Promise<void> {
  const dead = product.kubelet.present
  dead?.child.kill('SIGKILL')
  await until('another pod that is ready', async () => {
    const { present } = product.kubelet
    return (present !== dead && present?.logged.some(({ event }) => event === 'controller.ready')) || null
  })
}

describeWithControllers('the shipped controller on a real API server', () => {
  beforeAll(async () => {
    product = await ShippedProduct.installed()
  }, hookMsMax)
  afterAll(() => product.stop(), hookMsMax)

  it('answers its gateway, under the bound token of its account', async () => {
    const before = askedFor().length
    expect(await ask(`Bearer ${await token()}`)).toBe(200)
    const asked = askedFor().slice(before)
    expect(asked.some(({ user }) => user.username === account)).toBe(true)
    await until('a heartbeat', async () => ((await reporting()).state === 'live' ? true : null))
    expect(await reporting()).toMatchObject({ enrolled: true, version: '0.1.0' })
  })

  it('refuses with 401 what is unsigned, foreign, expired, for others or repeated, and logs no token', async () => {
    const foreign = await makeTestKey('foreign')
    const used = await token()
    expect(await ask(`Bearer ${used}`)).toBe(200)
    const refused = [
      null,
      'Bearer gg_not-a-token',
      `Bearer ${await signCall(foreign, { audience: id, method: 'POST', path, body })}`,
      `Bearer ${await token({ at: new Date(Date.now() - 120_000) })}`,
      `Bearer ${await token({ audience: 'west-1' })}`,
      `Bearer ${await token({ path: '/keys/rotate' })}`,
      `Bearer ${used}`,
    ]
    const before = askedFor().length
    for (const authorization of refused) expect(await ask(authorization)).toBe(401)
    expect(await ask(`Bearer ${await token()}`, JSON.stringify({ references: [{}] }))).toBe(401)
    expect(askedFor()).toHaveLength(before)
    expect(loggedEvents('call.refused').length).toBeGreaterThanOrEqual(refused.length)
    const logged = JSON.stringify(product.kubelet.present?.logged)
    for (const authorization of refused.slice(1)) expect(logged).not.toContain(authorization?.slice(7))
  })

  it('killed while its key changes, goes on: one identity at any time, and one new key', async () => {
    const { key_id: first } = await reporting()
    await killPresent()
    expect((await reporting()).key_id).toBe(first)

    expect((await product.call('POST', `/clusters/${id}/controller-key/rotate`)).status).toBe(200)
    await killPresent()
    const second = await until('the new key', async () => {
      const { key_id: now } = await reporting()
      return now === first ? null : (now as string)
    })
    expect(await inSync()).toBe(true)
    await killPresent()
    expect((await reporting()).key_id).toBe(second)
    expect(loggedEvents('key.rotated').map(({ kid }) => kid)).toEqual([second])
  }, 90_000)

  it('follows the keys of its gateway', async () => {
    expect((await product.call('POST', '/gateway-keys/rotate')).status).toBe(200)
    // Its configuration is of the old keys, so only the next heartbeat can tell it, which comes with its start.
    await killPresent()
    await until('an answer under the new key', async () =>
      (await ask(`Bearer ${await token()}`)) === 200 ? true : null,
    )
  }, 90_000)

  it('is upgraded by creating again: the new program follows the old one, and the addresses stand all the while', async () => {
    const { key_id: key } = await reporting()
    await product.startGateway({ controller: nextImage })
    const { data: outdated } = await product.call('GET', `/clusters/${id}/infra`)
    expect(outdated.condition).toMatchObject({ status: 'Drifted', reason: 'ConfigurationChanged' })
    expect(outdated.desired.configuration.image).toBe(image)
    expect(outdated.desired.current_configuration.image).toBe(nextImage)

    const expected = urlMap({ publicHostname: 'cluster-west-vision-001.company.net', useGateway: true })
    let isOver = false
    const watching = (async () => {
      const seen: unknown[] = []
      while (!isOver) seen.push((await product.call('GET', `/clusters/read/${id}`)).data.config.urlMap)
      return seen
    })()
    await product.run('/create-cluster-infra')
    isOver = true
    const seen = await watching
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.filter((one) => JSON.stringify(one) !== JSON.stringify(expected))).toEqual([])

    await until('the next version', async () => ((await reporting()).version === '0.2.0' ? true : null))
    expect(product.kubelet.pods.filter((pod) => pod.child.exitCode === null && pod.child.signalCode === null)).toEqual([
      product.kubelet.present,
    ])
    expect(product.kubelet.present?.image).toBe(nextImage)
    expect((await reporting()).key_id).toBe(key)
    expect(await inSync()).toBe(true)
  }, 150_000)

  it('takes up a token that was rewritten while it runs', async () => {
    const credentials = (): unknown[] =>
      auditedOf('gridgate')
        .filter(({ user }) => user.username === account)
        .map(({ user }) => user.extra?.['authentication.kubernetes.io/credential-id']?.[0])
    await inSync()
    const before = new Set(credentials())
    await product.kubelet.rotateToken()
    await until('a request under the new token', async () => {
      expect(await inSync()).toBe(true)
      return credentials().some((one) => !before.has(one)) || null
    })
  }, 90_000)
})
