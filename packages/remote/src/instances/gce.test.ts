import type { InstanceOrder } from '@gridgate/core/repair/instances'
import type { GceSettings } from '@gridgate/core/repair/provider-settings'
import { reconcile } from '@gridgate/core/repair/reconcile'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { account, audience, type FakeInstance, type GoogleServer, googleServer } from '../../test/google-server.ts'
import type { Mishap } from '../../test/local-cloud.ts'
import { gceInstances } from './gce.ts'

let google: GoogleServer
beforeEach(async () => {
  google = await googleServer({ now: () => new Date('2026-01-02T00:00:00Z') })
})
afterEach(() => google.close())

const settings: GceSettings = {
  kind: 'gce',
  workload_identity: { audience, serviceAccount: account },
  allow: ['my-project'],
}
const target = {
  node_name: 'tpu-1',
  provider_id: 'gce://my-project/us-east5-a/tpu-1',
  region: 'us-east5',
  action: 'a1',
}
const order = { ...target, instance_id: '7234567890123456789' }
const zonal = 'projects/42/zones/us-east5-a/instanceGroupManagers/tpu-grp'

function given(more: Partial<FakeInstance> = {}): FakeInstance {
  const instance = { id: order.instance_id, status: 'RUNNING', createdBy: zonal, resets: 0, ...more }
  google.instances.set('my-project/us-east5-a/tpu-1', instance)
  return instance
}
/** An instance that no group made. */
const alone = (): void => {
  google.instances.set('my-project/us-east5-a/tpu-1', { id: order.instance_id, status: 'RUNNING', resets: 0 })
}
const gce = (changed: Partial<GceSettings> = {}) => gceInstances(google.parts, { ...settings, ...changed })
const base = '/compute/v1/projects/my-project/'

describe('an instance of Compute Engine', () => {
  it('is described by its number, which is beyond what JavaScript counts exactly', async () => {
    given()
    expect(await gce().describe(target)).toEqual({
      instance_id: '7234567890123456789',
      state: 'running',
      group: { kind: 'managed_instance_group', name: 'tpu-grp' },
      started_at: '2026-01-01T08:00:00.000Z',
      seen_at: '2026-01-02T00:00:00.000Z',
    })
    expect(google.calls).toEqual(['token', 'generateAccessToken', 'get'])
  })

  it('may be asked about without a service account', async () => {
    given()
    await gce({ workload_identity: { audience, serviceAccount: null } }).describe(target)
    expect(google.calls).toEqual(['token', 'get'])
  })

  it.each([
    ['STAGING', 'starting'],
    ['STOPPING', 'stopping'],
    ['TERMINATED', 'stopped'],
    ['DREAMING', 'unknown'],
  ])('that is %s is %s', async (status, state) => {
    given({ status })
    expect(await gce().describe(target)).toMatchObject({ state })
  })

  it('that does not exist is gone', async () => {
    expect(await gce().describe(target)).toMatchObject({ instance_id: null, state: 'gone' })
  })

  it.each([
    ['zonal', zonal, `${base}zones/us-east5-a/instanceGroupManagers/tpu-grp/recreateInstances`],
    [
      'regional',
      'projects/42/regions/us-east5/instanceGroupManagers/tpu-grp',
      `${base}regions/us-east5/instanceGroupManagers/tpu-grp/recreateInstances`,
    ],
  ])('is recreated by its %s group, once', async (_, createdBy, path) => {
    given({ createdBy })
    expect([await gce().replace(order, 'k'), await gce().replace(order, 'k')]).toEqual(['accepted', 'already'])
    expect(google.effects).toMatchObject([{ action: 'recreateInstances', path }])
  })

  it('without a group is deleted by its number, once', async () => {
    alone()
    expect([await gce().replace(order, 'k'), await gce().replace(order, 'k')]).toEqual(['accepted', 'already'])
    expect(google.effects).toMatchObject([{ path: `${base}zones/us-east5-a/instances/${order.instance_id}` }])
  })

  it('is reset by its number, once for a key, and again for another', async () => {
    const instance = given()
    await gce().reboot(order, 'k')
    await gce().reboot(order, 'k')
    expect(instance.resets).toBe(1)
    await gce().reboot(order, 'l')
    expect(instance.resets).toBe(2)
    expect(google.effects[0]?.path).toBe(`${base}zones/us-east5-a/instances/${order.instance_id}/reset`)
  })

  it('that was replaced meanwhile is neither replaced nor reset under its name', async () => {
    given({ id: '8' })
    expect(await gce().replace(order, 'k')).toBe('already')
    await expect(gce().reboot(order, 'k')).rejects.toMatchObject({ code: 'provider.refused' })
    expect(google.effects).toEqual([])
  })
})

describe('Compute Engine is told nothing', () => {
  it.each<[string, Partial<FakeInstance>, Partial<InstanceOrder>, string]>([
    ['in another project', {}, { provider_id: 'gce://other/us-east5-a/tpu-1' }, 'provider.not_allowed'],
    ['of another provider', {}, { provider_id: 'aws:///a/i-0123456789abcdef0' }, 'provider.unsupported'],
    ['made by something else', { createdBy: 'somebody' }, {}, 'provider.refused'],
    ['made in another zone', { createdBy: zonal.replace('east5-a', 'west1-a') }, {}, 'provider.refused'],
    ['made by a way up', { createdBy: zonal.replace('tpu-grp', '..') }, {}, 'provider.refused'],
  ])('of an instance %s', async (_, more, changed, code) => {
    given(more)
    await expect(gce().replace({ ...order, ...changed }, 'k')).rejects.toMatchObject({ code })
    await expect(gce().reboot({ ...order, ...changed }, 'k')).rejects.toMatchObject({ code })
    expect(google.effects).toEqual([])
  })

  it('not even for a token, of a project outside of the allow list', async () => {
    given()
    await expect(gce({ allow: ['other'] }).describe(target)).rejects.toMatchObject({ code: 'provider.not_allowed' })
    expect(google.calls).toEqual([])
  })

  it.each([
    ['the audience is another', { audience: `${audience}-x`, serviceAccount: account }],
    ['the account is another', { audience, serviceAccount: `x${account}` }],
  ])('when %s', async (_, workload_identity) => {
    given()
    await expect(gce({ workload_identity }).replace(order, 'k')).rejects.toMatchObject({ code: 'provider.refused' })
    expect(google.effects).toEqual([])
  })

  it('when the gateway signs its proof wrongly', async () => {
    given()
    const keys = { accessKeyId: 'AKIDGATEWAY', secretAccessKey: 'wrong', sessionToken: 'gateway-token' }
    const instances = gceInstances({ ...google.parts, keys: async () => keys }, settings)
    await expect(instances.replace(order, 'k')).rejects.toMatchObject({ code: 'provider.refused' })
    expect(google.calls).toEqual(['token'])
  })
})

describe('an order that Google answers badly', () => {
  const cases: [string, Mishap, string, boolean][] = [
    ['throttled by 429', { refuse: 'tooMany' }, 'provider.throttled', false],
    ['throttled by a reason', { refuse: 'rateLimitExceeded' }, 'provider.throttled', false],
    ['over the quota', { refuse: 'quotaExceeded' }, 'provider.refused', false],
    ['without the right', { refuse: 'forbidden' }, 'provider.refused', false],
    ['because there is none', { refuse: 'notFound' }, 'provider.refused', false],
    ['with a server error after it was done', 'fail_after', 'provider.unclear', true],
    ['with silence after it was done', 'hang_after', 'provider.unclear', true],
    ['with a broken connection after it was done', 'cut_after', 'provider.unclear', true],
  ]
  it.each(cases)('%s: a replacement', async (_, mishap, code, isDone) => {
    given()
    const before = await gce().describe(target)
    google.mishaps.set('recreateInstances', mishap)
    const failing = gce().replace(order, 'k')
    await expect(failing).rejects.toMatchObject({ code })
    await expect(failing).rejects.not.toThrow('secret words')
    const after = await gce().describe(target)
    expect([google.effects.length, reconcile('replace', before, after)]).toEqual(isDone ? [1, 'done'] : [0, 'unclear'])
  })

  it.each(cases)('%s: a reboot', async (_, mishap, code) => {
    const instance = given()
    google.mishaps.set('reset', mishap)
    await expect(gce().reboot(order, 'k')).rejects.toMatchObject({ code })
    google.mishaps.clear()
    await gce().reboot(order, 'k')
    expect(instance.resets).toBe(1)
  })

  it.each([
    ['QUOTA_EXCEEDED', 'provider.refused'],
    ['INTERNAL_ERROR', 'provider.unclear'],
  ])('as an operation that ends with %s', async (error, code) => {
    given()
    google.operation = { status: 'DONE', error }
    const failing = gce().reboot(order, 'k')
    await expect(failing).rejects.toMatchObject({ code })
    await expect(failing).rejects.not.toThrow('secret words')
  })

  it('stays accepted while its operation runs, and when it cannot be looked at', async () => {
    given()
    google.operation = { status: 'RUNNING' }
    expect(await gce().reboot(order, 'k')).toBe('accepted')
    google.mishaps.set('wait', 'fail_after')
    expect(await gce().reboot(order, 'l')).toBe('accepted')
  })

  it.each(['token', 'generateAccessToken', 'get'])('can be given again when %s fails', async (action) => {
    given()
    google.mishaps.set(action, 'fail_after')
    await expect(gce().replace(order, 'k')).rejects.toMatchObject({ code: 'provider.unreachable' })
    google.mishaps.clear()
    expect(await gce().replace(order, 'k')).toBe('accepted')
    expect(google.effects).toHaveLength(1)
  })
})
