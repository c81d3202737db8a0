import type { InstanceOrder } from '@gridgate/core/repair/instances'
import type { Ec2Settings } from '@gridgate/core/repair/provider-settings'
import { reconcile } from '@gridgate/core/repair/reconcile'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AwsServer, awsServer, type FakeInstance } from '../../test/aws-server.ts'
import { type Mishap, ownRegion } from '../../test/local-cloud.ts'
import { ec2Instances } from './ec2.ts'

let at = new Date('2026-01-02T00:00:00Z')
let aws: AwsServer
beforeEach(async () => {
  at = new Date('2026-01-02T00:00:00Z')
  aws = await awsServer({ now: () => at })
})
afterEach(() => aws.close())

const id = 'i-0123456789abcdef0'
const settings: Ec2Settings = {
  kind: 'ec2',
  role_arn: 'arn:aws:iam::111122223333:role/repair',
  allow: ['111122223333'],
}
const target = {
  node_name: 'n1',
  provider_id: `aws:///us-west-2-lax-1a/${id}`,
  region: 'us-west-2',
  action: 'alarm 7/é',
}
const order = { ...target, instance_id: id }

/** Puts the instance there. */
function given(more: Partial<FakeInstance> = {}): FakeInstance {
  const instance = { owner: '111122223333', state: 'running', group: 'gpu', tags: new Map(), reboots: 0, ...more }
  aws.instances.set(id, instance)
  return instance
}
const ec2 = (changed: Partial<Ec2Settings> = {}) => ec2Instances(aws.parts, { ...settings, ...changed })
const actions = (): string[] => aws.calls.map(({ action }) => action)
/** Calls that change something at the provider. */
const changes = (): string[] => actions().filter((action) => !/^(Describe|AssumeRole)/.test(action))

describe('an EC2 instance', () => {
  it('is described with its group, in the region of the node and as a session named by the action', async () => {
    given()
    expect(await ec2().describe(target)).toEqual({
      instance_id: id,
      state: 'running',
      group: { kind: 'auto_scaling_group', name: 'gpu' },
      started_at: '2026-01-01T00:00:00.000Z',
      seen_at: '2026-01-02T00:00:00.000Z',
    })
    expect(aws.calls.map(({ service, region, session }) => [service, region, session])).toEqual([
      ['sts', ownRegion, ''],
      ['ec2', 'us-west-2', 'alarm-7--'],
      ['autoscaling', 'us-west-2', 'alarm-7--'],
    ])
  })

  it.each([
    ['pending', {}, 'starting'],
    ['stopped', {}, 'stopped'],
    ['shutting-down', {}, 'ending'],
    ['terminated', {}, 'gone'],
    ['running', { lifecycle: 'Terminating:Wait' }, 'ending'],
    ['dreaming', {}, 'unknown'],
  ])('that is %s %o is %s', async (state, more, said) => {
    given({ state, ...more })
    expect(await ec2().describe(target)).toMatchObject({ state: said })
  })

  it('that EC2 does not know is gone', async () => {
    expect(await ec2().describe(target)).toMatchObject({ instance_id: null, state: 'gone' })
  })

  it('is replaced by its group, once', async () => {
    given()
    expect(await ec2().replace(order, 'k')).toBe('accepted')
    expect(aws.calls.at(-1)?.parameters).toMatchObject({ InstanceId: id, ShouldDecrementDesiredCapacity: 'false' })
    expect(await ec2().replace(order, 'k')).toBe('already')
    expect(changes()).toEqual(['TerminateInstanceInAutoScalingGroup'])
  })

  it('is rebooted once for a key, and again for another', async () => {
    const instance = given()
    expect([await ec2().reboot(order, 'k'), await ec2().reboot(order, 'k')]).toEqual(['accepted', 'already'])
    expect(instance.reboots).toBe(1)
    expect(await ec2().reboot(order, 'l')).toBe('accepted')
    expect(instance.reboots).toBe(2)
  })
})

describe('EC2 is told nothing', () => {
  it.each<[string, Partial<FakeInstance> | null, Partial<InstanceOrder>, string]>([
    ['in another account', { owner: '999999999999' }, {}, 'provider.not_allowed'],
    ['that it does not know', null, {}, 'provider.refused'],
    ['that is another than was looked at', {}, { instance_id: 'i-0aaaaaaaaaaaaaaa0' }, 'provider.refused'],
    ['of another provider', {}, { provider_id: 'gce://p/z/n' }, 'provider.unsupported'],
    ['without a region', {}, { region: null }, 'provider.unsupported'],
    ['whose region is a host', {}, { region: 'evil.example/x' }, 'provider.unsupported'],
  ])('of an instance %s', async (_, more, changed, code) => {
    if (more) given(more)
    await expect(ec2().replace({ ...order, ...changed }, 'k')).rejects.toMatchObject({ code })
    await expect(ec2().reboot({ ...order, ...changed }, 'k')).rejects.toMatchObject({ code })
    expect(changes()).toEqual([])
  })

  it('of an instance without a group, which nothing would replace', async () => {
    given({ group: null })
    await expect(ec2().replace(order, 'k')).rejects.toMatchObject({
      code: 'provider.refused',
      message: expect.stringContaining('no Auto Scaling group'),
    })
    expect(changes()).toEqual([])
  })

  it('of a reboot of what does not run', async () => {
    given({ state: 'stopped' })
    await expect(ec2().reboot(order, 'k')).rejects.toMatchObject({ code: 'provider.refused' })
    expect(changes()).toEqual([])
  })

  it('when the role may not be taken on', async () => {
    given()
    const role_arn = 'arn:aws:iam::111122223333:role/other'
    await expect(ec2({ role_arn }).replace(order, 'k')).rejects.toMatchObject({ code: 'provider.refused' })
    expect(actions()).toEqual(['AssumeRole'])
  })

  it('when the credentials sign wrongly', async () => {
    given()
    const keys = { accessKeyId: 'AKIDGATEWAY', secretAccessKey: 'wrong', sessionToken: 'gateway-token' }
    const instances = ec2Instances({ ...aws.parts, keys: async () => keys }, settings)
    await expect(instances.replace(order, 'k')).rejects.toMatchObject({
      code: 'provider.refused',
      message: expect.stringContaining('signature'),
    })
    expect(actions()).toEqual([])
  })
})

describe('an order that EC2 answers badly', () => {
  const throttling: Mishap = { refuse: 'RequestLimitExceeded' }
  const cases: [string, Mishap, string, boolean][] = [
    ['throttled before it did anything', throttling, 'provider.throttled', false],
    ['without the right', { refuse: 'UnauthorizedOperation' }, 'provider.refused', false],
    ['over the quota', { refuse: 'VcpuLimitExceeded' }, 'provider.refused', false],
    ['with an unknown word', { refuse: 'SomethingNew' }, 'provider.refused', false],
    ['with a server error after it was done', 'fail_after', 'provider.unclear', true],
    ['with silence after it was done', 'hang_after', 'provider.unclear', true],
    ['with a broken connection after it was done', 'cut_after', 'provider.unclear', true],
  ]
  it.each(cases)('%s: a replacement', async (_, mishap, code, isDone) => {
    const instance = given()
    aws.mishaps.set('TerminateInstanceInAutoScalingGroup', mishap)
    const failing = ec2().replace(order, 'k')
    await expect(failing).rejects.toMatchObject({ code })
    await expect(failing).rejects.not.toThrow('secret words')
    expect([changes().length, instance.state]).toEqual([1, isDone ? 'shutting-down' : 'running'])
  })

  it.each(cases)('%s: a reboot', async (_, mishap, code, isDone) => {
    const instance = given()
    aws.mishaps.set('RebootInstances', mishap)
    await expect(ec2().reboot(order, 'k')).rejects.toMatchObject({ code })
    aws.mishaps.clear()
    // What certainly did nothing can be ordered again with the same key; what is unclear cannot.
    expect(await ec2().reboot(order, 'k')).toBe(isDone ? 'already' : 'accepted')
    expect(instance.reboots).toBe(1)
  })

  it('is unclear when the tag of a reboot that did not happen cannot be taken back', async () => {
    given()
    aws.mishaps.set('RebootInstances', throttling).set('DeleteTags', throttling)
    await expect(ec2().reboot(order, 'k')).rejects.toMatchObject({ code: 'provider.unclear' })
  })

  it('is settled by another look', async () => {
    given()
    const before = await ec2().describe(target)
    aws.mishaps.set('TerminateInstanceInAutoScalingGroup', 'hang_after')
    await expect(ec2().replace(order, 'k')).rejects.toMatchObject({ code: 'provider.unclear' })
    expect(reconcile('replace', before, await ec2().describe(target))).toBe('done')
  })

  it.each<[string, Mishap, string]>([
    ['fails', 'fail_after', 'provider.unreachable'],
    ['is silent', 'hang_after', 'provider.unreachable'],
    ['throttles', throttling, 'provider.throttled'],
  ])('can be given again when EC2 %s while it is only asked', async (_, mishap, code) => {
    given()
    aws.mishaps.set('DescribeInstances', mishap)
    await expect(ec2().replace(order, 'k')).rejects.toMatchObject({ code })
    aws.mishaps.clear()
    expect(await ec2().replace(order, 'k')).toBe('accepted')
    expect(changes()).toHaveLength(1)
  })
})
