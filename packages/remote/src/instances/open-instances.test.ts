import { describe, expect, it } from 'vitest'
import { instanceProviders } from './open-instances.ts'

const providers = instanceProviders({
  remote: { send: () => Promise.reject(new Error('nothing is called')) },
  clock: { now: () => new Date() },
  region: 'eu-west-1',
  keys: () => Promise.reject(new Error('nothing is signed')),
})
const order = { node_name: 'n1', region: 'us-west-2', action: 'a1', instance_id: '1' }
const ec2 = 'aws:///us-west-2a/i-0123456789abcdef0'
const gce = 'gce://my-project/us-east5-a/tpu-1'
const identity = '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/pool/providers/aws1'
const webhook = { kind: 'webhook', allow: ['https://repair.example.com/'] }

describe('the provider of an instance', () => {
  it.each([
    ['has no settings', ec2, [], 'provider.unconfigured'],
    ['has settings without a role', ec2, [{ kind: 'ec2', allow: ['111122223333'] }], 'provider.unconfigured'],
    ['has settings of another kind', gce, [{ kind: 'ec2', allow: ['111122223333'] }], 'provider.unconfigured'],
    ['is not allowed', gce, [{ kind: 'gce', workload_identity: identity, allow: ['other'] }], 'provider.not_allowed'],
    ['is not supported', 'kind://docker/kind/kind-worker', [], 'provider.unsupported'],
    ['is not named', null, [], 'provider.unsupported'],
    ['is asked by the cluster itself', null, [{ kind: 'karpenter', allow: [] }], 'provider.unsupported'],
  ])('that %s is not called: %s', async (_, provider_id, entries, code) => {
    const instances = providers.open(entries)
    await expect(instances.describe({ ...order, provider_id })).rejects.toMatchObject({ code, status: 412 })
    await expect(instances.reboot({ ...order, provider_id }, 'k')).rejects.toMatchObject({ code })
    await expect(instances.replace({ ...order, provider_id }, 'k')).rejects.toMatchObject({ code })
  })

  it('is asked as the entry of its project says, whatever comes first', async () => {
    const entry = { kind: 'gce', workload_identity: identity }
    const instances = providers.open([
      { ...entry, allow: ['other'] },
      { ...entry, allow: ['my-project'] },
    ])
    // It is allowed, so it goes on to sign.
    await expect(instances.describe({ ...order, provider_id: gce })).rejects.toThrow('nothing is signed')
  })

  it('may be a webhook where its own kind is not configured, but not in the place of it', async () => {
    const view = { instance_id: 'n1', state: 'unknown' }
    for (const provider_id of [ec2, 'k3s://n1', null])
      expect(await providers.open([webhook]).describe({ ...order, provider_id })).toMatchObject(view)
    const both = providers.open([webhook, { kind: 'ec2', allow: ['111122223333'] }])
    await expect(both.describe({ ...order, provider_id: ec2 })).rejects.toMatchObject({ code: 'provider.unconfigured' })
  })
})
