import { describe, expect, it } from 'vitest'
import { instanceProviders } from './open-instances.ts'

const providers = instanceProviders({
  remote: { send: () => Promise.reject(new Error('nothing is called')) },
  clock: { now: () => new Date() },
  region: 'eu-west-1',
  keys: () => Promise.reject(new Error('nothing is signed')),
})
const order = { region: 'us-west-2', action: 'a1', instance_id: '1' }

describe('the provider of an instance', () => {
  it.each([
    ['has no settings', 'aws:///us-west-2a/i-0123456789abcdef0', 'provider.unconfigured'],
    ['has no settings', 'gce://my-project/us-east5-a/tpu-1', 'provider.unconfigured'],
    ['is not supported', 'kind://docker/kind/kind-worker', 'provider.unsupported'],
    ['is not named', null, 'provider.unsupported'],
  ])('that %s is not called: %s', async (_, provider_id, code) => {
    const instances = providers.open([])
    await expect(instances.describe({ ...order, provider_id })).rejects.toMatchObject({ code, status: 412 })
    await expect(instances.reboot({ ...order, provider_id }, 'k')).rejects.toMatchObject({ code })
    await expect(instances.replace({ ...order, provider_id }, 'k')).rejects.toMatchObject({ code })
  })
})
