import { createHmac } from 'node:crypto'
import type { Instances } from '@gridgate/core/repair/instances'
import type { ProviderEntry } from '@gridgate/core/repair/provider-settings'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AwsServer, awsServer } from '../../test/aws-server.ts'
import { type CloudReply, type CloudRequest, type LocalCloud, localCloud, type Mishap } from '../../test/local-cloud.ts'
import { instanceProviders } from './open-instances.ts'

const clock = { now: () => new Date('2026-01-02T00:00:00Z') }
const order = { node_name: 'node-7', provider_id: null, region: 'us-west-2', action: 'a1', instance_id: 'node-7' }
const secrets = { redfish: 'operator:secret', webhook: `whsec_${Buffer.from('s'.repeat(32)).toString('base64')}` }

let cloud: LocalCloud
let seen: CloudRequest[]
let reply: CloudReply
beforeEach(async () => {
  seen = []
  reply = { status: 204, type: 'text/plain', text: '' }
  cloud = await localCloud(clock, async (request) => {
    seen.push(request)
    return reply
  })
})
afterEach(() => cloud.close())

const open = (
  entry: ProviderEntry,
  secretOf = async (kind: keyof typeof secrets): Promise<string | null> => secrets[kind],
): Instances => instanceProviders({ ...cloud.parts, secretOf }).open([entry])
const redfish = { kind: 'redfish', allow: ['https://{node}.bmc.example.com/redfish/v1/Systems/1'] }
const webhook = { kind: 'webhook', allow: ['https://repair.example.com/hook'] }

/** How each of them goes wrong. */
const cases: [number, Mishap | undefined, string][] = [
  [429, undefined, 'provider.throttled'],
  [403, undefined, 'provider.refused'],
  [302, undefined, 'provider.unclear'],
  [500, undefined, 'provider.unclear'],
  [204, 'hang_after', 'provider.unclear'],
]

describe('experimental: Redfish', () => {
  it('restarts the system of the node by force', async () => {
    expect(await open(redfish).reboot(order, 'k')).toBe('accepted')
    expect(seen).toMatchObject([
      {
        method: 'POST',
        host: 'node-7.bmc.example.com',
        path: '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset',
        body: '{"ResetType":"ForceRestart"}',
        headers: { authorization: `Basic ${Buffer.from('operator:secret').toString('base64')}` },
      },
    ])
  })

  it.each(cases)('answering %s %s is told apart: %s', async (status, mishap, code) => {
    reply = { ...reply, status, mishap }
    await expect(open(redfish).reboot(order, 'k')).rejects.toMatchObject({ code })
  })

  it('does nothing without a login, and replaces nothing', async () => {
    const without = open(redfish, async () => null)
    await expect(without.reboot(order, 'k')).rejects.toMatchObject({ code: 'provider.unconfigured' })
    await expect(open(redfish).replace(order, 'k')).rejects.toMatchObject({ code: 'provider.unsupported' })
    expect(seen).toEqual([])
  })
})

describe('experimental: a webhook', () => {
  it('is told by a signed CloudEvent, with the same id for the same key', async () => {
    expect(await open(webhook).replace(order, 'k')).toBe('accepted')
    await open(webhook).replace(order, 'k')
    await open(webhook).reboot(order, 'k')
    const [first, second, third] = seen
    const { headers, body = '' } = first ?? {}
    const key = Buffer.from('s'.repeat(32))
    const signature = createHmac('sha256', key).update(`${headers?.['webhook-id']}.1767312000.${body}`).digest('base64')
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'webhook-timestamp': '1767312000',
      'webhook-signature': `v1,${signature}`,
    })
    expect(JSON.parse(body)).toEqual({
      specversion: '1.0',
      id: headers?.['webhook-id'],
      source: '/gridgate/failover',
      type: 'io.gridgate.instance.replace',
      subject: 'node-7',
      time: '2026-01-02T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { action: 'a1', node_name: 'node-7', provider_id: null },
    })
    expect(second?.headers['webhook-id']).toBe(headers?.['webhook-id'])
    expect(third?.headers['webhook-id']).not.toBe(headers?.['webhook-id'])
  })

  it.each(cases)('answering %s %s is told apart: %s', async (status, mishap, code) => {
    reply = { ...reply, status, mishap }
    await expect(open(webhook).replace(order, 'k')).rejects.toMatchObject({ code })
  })

  it('is told nothing that cannot be signed', async () => {
    await expect(open(webhook, async () => null).reboot(order, 'k')).rejects.toMatchObject({
      code: 'provider.unconfigured',
    })
    expect(seen).toEqual([])
  })
})

describe('experimental: HyperPod', () => {
  const id = 'i-0123456789abcdef0'
  const node = {
    ...order,
    provider_id: `aws:///use1-az6/sagemaker/cluster/hyperpod-2g7nbvfjdb4m-${id}`,
    instance_id: id,
  }
  const entry = { kind: 'hyperpod', role_arn: 'arn:aws:iam::111122223333:role/repair', allow: ['111122223333'] }
  let aws: AwsServer
  beforeEach(async () => {
    aws = await awsServer(clock)
  })
  afterEach(() => aws.close())
  const hyperPod = (changed: Partial<ProviderEntry> = {}): Instances =>
    instanceProviders(aws.parts).open([{ ...entry, ...changed }])

  it('replaces the node, named by the cluster of its own account', async () => {
    expect(await hyperPod().replace(node, 'k')).toBe('accepted')
    expect(aws.calls.at(-1)).toMatchObject({
      service: 'sagemaker',
      region: 'us-west-2',
      session: 'a1',
      action: 'SageMaker.BatchReplaceClusterNodes',
      parameters: { ClusterName: 'arn:aws:sagemaker:us-west-2:111122223333:cluster/2g7nbvfjdb4m', NodeIds: id },
    })
  })

  it.each<[Mishap, string]>([
    [{ refuse: 'ThrottlingException' }, 'provider.throttled'],
    [{ refuse: 'AccessDeniedException' }, 'provider.refused'],
    [{ refuse: 'InstanceIdInUse' }, 'provider.refused'],
    [{ refuse: 'InternalServerError' }, 'provider.unclear'],
    ['fail_after', 'provider.unclear'],
    ['hang_after', 'provider.unclear'],
  ])('answering %o is told apart: %s', async (mishap, code) => {
    aws.mishaps.set('SageMaker.BatchReplaceClusterNodes', mishap)
    await expect(hyperPod().replace(node, 'k')).rejects.toMatchObject({ code })
  })

  it('is told nothing in an account that is not allowed, nor of another instance, nor to reboot', async () => {
    const refused = [
      hyperPod({ allow: ['999999999999'] }).replace(node, 'k'),
      hyperPod().replace({ ...node, instance_id: 'i-0aaaaaaaaaaaaaaa0' }, 'k'),
      hyperPod().reboot(node, 'k'),
    ]
    const codes = ['provider.not_allowed', 'provider.refused', 'provider.unsupported']
    for (const [index, one] of refused.entries()) await expect(one).rejects.toMatchObject({ code: codes[index] })
    expect(aws.calls).toEqual([])
  })
})
