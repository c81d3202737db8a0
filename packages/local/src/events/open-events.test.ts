import {
  DescribeRuleCommand,
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-eventbridge'
import { SQSClient } from '@aws-sdk/client-sqs'
import { queuePolicy } from '@gridgate/runtime/queue-policy'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describeRuleContract } from '../../contract/rule-contract.ts'
import type { Json, JsonObject } from '../aws/service.ts'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'
import { queueAccess } from '../sqs/queue-access.ts'

let clock: ReturnType<typeof manualClock>
let cloud: TestCloud
/** What the function `listener` was given. */
let heard: JsonObject[]
let isDeaf: boolean
beforeEach(async () => {
  clock = manualClock()
  heard = []
  isDeaf = false
  cloud = await openTestCloud({
    clock,
    functions: [
      {
        name: 'listener',
        timeoutSeconds: 5,
        async invoke(payload) {
          if (isDeaf) throw new Error('deaf')
          heard.push(payload as JsonObject)
          return null
        },
      },
    ],
  })
})
afterEach(() => cloud.close())

const listener = 'arn:aws:lambda:eu-west-1:000000000000:function:listener'
const call = (operation: string, input: JsonObject): Promise<JsonObject> => cloud.events.call(operation, input)
async function rule(Name: string, more: JsonObject, target: JsonObject = { Arn: listener }): Promise<void> {
  await call('PutRule', { Name, ...more })
  await call('PutTargets', { Rule: Name, Targets: [{ Id: 't', ...target }] })
}
const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:alarms'
/** Gives the queue the policy that lets this rule fill it. */
const allow = (QueueUrl: Json, rule: string): Promise<JsonObject> =>
  cloud.sqs.call('SetQueueAttributes', {
    QueueUrl,
    Attributes: {
      Policy: JSON.stringify(queuePolicy(queueArn, `arn:aws:events:eu-west-1:000000000000:rule/${rule}`)),
    },
  })
const failures = JSON.stringify({ source: ['aws.states'], detail: { status: ['FAILED'] } })
const failure = {
  source: 'aws.states',
  detailType: 'Step Functions Execution Status Change',
  detail: { status: 'FAILED' },
}

describe('a published event', () => {
  it('reaches the targets of matching rules in the envelope of EventBridge', async () => {
    await rule('failures', { EventPattern: failures })
    const { id } = await cloud.events.publish({ ...failure, resources: ['arn:x'] })
    await cloud.events.publish({ ...failure, detail: { status: 'SUCCEEDED' } })
    await clock.advance(0)
    expect(heard).toEqual([
      {
        version: '0',
        id,
        'detail-type': 'Step Functions Execution Status Change',
        source: 'aws.states',
        account: '000000000000',
        time: '2030-01-01T00:00:00Z',
        region: 'eu-west-1',
        resources: ['arn:x'],
        detail: { status: 'FAILED' },
      },
    ])
  })

  it('is given to a target in part or replaced where the target says so', async () => {
    await rule('part', { EventPattern: failures }, { Arn: listener, InputPath: '$.detail.status' })
    await rule('constant', { EventPattern: failures }, { Arn: listener, Input: '{"sweep":true}' })
    await cloud.events.publish(failure)
    await clock.advance(0)
    expect(heard).toHaveLength(2)
    expect(heard).toEqual(expect.arrayContaining(['FAILED', { sweep: true }]))
  })

  it('reaches a queue once its policy lets the rule send, and none before', async () => {
    const { QueueUrl = null } = await cloud.sqs.call('CreateQueue', { QueueName: 'alarms' })
    await rule('to-queue', { EventPattern: failures }, { Arn: queueArn })
    await cloud.events.publish(failure)
    const received = async (): Promise<unknown> => {
      await clock.advance(60_000)
      return (await cloud.sqs.call('ReceiveMessage', { QueueUrl })).Messages
    }
    expect(await received()).toBeUndefined()
    await allow(QueueUrl, 'another-rule')
    expect(await received()).toBeUndefined()
    await allow(QueueUrl, 'to-queue')
    expect(await received()).toMatchObject([{ Body: expect.stringContaining('"detail":{"status":"FAILED"}') }])
  })

  it('is delivered after a restart when its target was away', async () => {
    await rule('to-queue', { EventPattern: failures }, { Arn: queueArn })
    await cloud.events.publish(failure)
    await clock.advance(0)
    await cloud.restart()
    const { QueueUrl = null } = await cloud.sqs.call('CreateQueue', { QueueName: 'alarms' })
    await allow(QueueUrl, 'to-queue')
    await clock.advance(2000)
    const { Messages } = await cloud.sqs.call('ReceiveMessage', { QueueUrl })
    expect(Messages).toHaveLength(1)
  })

  it('is dropped with a log line when its target stays away for a day', async () => {
    await rule('nowhere', { EventPattern: failures }, { Arn: 'arn:aws:lambda:eu-west-1:000000000000:function:gone' })
    await cloud.events.publish(failure)
    await clock.advance(25 * 3_600_000)
    expect(cloud.log.filter(({ event }) => event === 'event.dropped')).toHaveLength(1)
  })

  it('is tried again by the function host when the function fails', async () => {
    await rule('failures', { EventPattern: failures })
    isDeaf = true
    await cloud.events.publish(failure)
    await clock.advance(1000)
    isDeaf = false
    await clock.advance(60_000)
    expect(heard).toHaveLength(1)
  })
})

describe('the SDK client', () => {
  it('puts a rule and its target, sends an event, and reads them back', async () => {
    const client = new EventBridgeClient(cloud.client)
    const { RuleArn } = await client.send(new PutRuleCommand({ Name: 'ours', EventPattern: '{"source":["gridgate"]}' }))
    await client.send(new PutTargetsCommand({ Rule: 'ours', Targets: [{ Id: 't', Arn: listener }] }))
    const Time = new Date(Date.UTC(2029, 0, 1))
    const entry = { Source: 'gridgate', DetailType: 'd', Detail: '{"a":1}', Time }
    const sent = await client.send(new PutEventsCommand({ Entries: [entry] }))
    await clock.advance(0)
    expect(RuleArn).toBe('arn:aws:events:eu-west-1:000000000000:rule/ours')
    expect(heard).toMatchObject([{ id: sent.Entries?.[0]?.EventId, time: '2029-01-01T00:00:00Z', detail: { a: 1 } }])
    const missing = client.send(new DescribeRuleCommand({ Name: 'nope' }))
    await expect(missing).rejects.toBeInstanceOf(ResourceNotFoundException)
  })
})

describe('PutEvents', () => {
  it('takes good entries and tells of bad ones', async () => {
    await rule('ours', { EventPattern: '{"source":["gridgate"]}' })
    const entry = { Source: 'gridgate', DetailType: 'd', Detail: '{"a":1}' }
    const reply = await call('PutEvents', {
      Entries: [
        entry,
        { ...entry, Detail: '{' },
        { ...entry, Source: 'aws.states' },
        { Source: 'gridgate' },
        { ...entry, Time: 1e300 },
      ],
    })
    expect(reply).toMatchObject({
      FailedEntryCount: 4,
      Entries: [
        { EventId: expect.any(String) },
        { ErrorCode: 'MalformedDetail' },
        { ErrorCode: 'NotAuthorizedForSourceException' },
        { ErrorCode: 'InvalidArgument' },
        { ErrorCode: 'InvalidArgument' },
      ],
    })
    await clock.advance(0)
    expect(heard).toHaveLength(1)
    await expect(call('PutEvents', { Entries: [] })).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describeRuleContract(
  () => new EventBridgeClient(cloud.client),
  () => queueAccess(new SQSClient(cloud.client)),
)

describe('a schedule', () => {
  it('runs each period, and not while its rule is disabled', async () => {
    await rule('sweep', { ScheduleExpression: 'rate(5 minutes)' })
    await clock.advance(299_999)
    expect(heard).toHaveLength(0)
    await clock.advance(600_001)
    expect(heard.map(({ time }) => time)).toEqual([
      '2030-01-01T00:05:00Z',
      '2030-01-01T00:10:00Z',
      '2030-01-01T00:15:00Z',
    ])
    expect(heard[0]).toMatchObject({ source: 'aws.events', 'detail-type': 'Scheduled Event' })
    await call('DisableRule', { Name: 'sweep' })
    await clock.advance(3_600_000)
    expect(heard).toHaveLength(3)
    await call('EnableRule', { Name: 'sweep' })
    await clock.advance(300_000)
    expect(heard).toHaveLength(4)
  })

  it('makes up for missed runs once, and keeps its times when it is put again', async () => {
    await rule('sweep', { ScheduleExpression: 'rate(5 minutes)' })
    await cloud.restart(() => clock.advance(720_000))
    await clock.advance(0)
    expect(heard).toHaveLength(1)
    await call('PutRule', { Name: 'sweep', ScheduleExpression: 'rate(5 minutes)' })
    await clock.advance(180_000)
    expect(heard.map(({ time }) => time)).toEqual(['2030-01-01T00:05:00Z', '2030-01-01T00:15:00Z'])
  })

  it.each([
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(5 weeks)',
    'cron(0 12 * * ? *)',
    'daily',
  ])('is refused: %s', async (ScheduleExpression) => {
    await expect(call('PutRule', { Name: 'r', ScheduleExpression })).rejects.toMatchObject({
      name: 'ValidationException',
    })
    expect((await call('ListRules', {})).Rules).toEqual([])
  })
})

describe('rules', () => {
  it('are described, listed and removed once they have no targets', async () => {
    await rule('a', { EventPattern: failures, Description: 'failures' })
    await rule('b', { ScheduleExpression: 'rate(1 hour)', State: 'DISABLED' })
    expect(await call('DescribeRule', { Name: 'a' })).toEqual({
      Name: 'a',
      Arn: 'arn:aws:events:eu-west-1:000000000000:rule/a',
      State: 'ENABLED',
      EventBusName: 'default',
      EventPattern: failures,
      Description: 'failures',
    })
    const first = await call('ListRules', { Limit: 1 })
    const second = await call('ListRules', { Limit: 1, NextToken: first.NextToken ?? null })
    expect([first.Rules, second.Rules]).toMatchObject([[{ Name: 'a' }], [{ Name: 'b', State: 'DISABLED' }]])
    expect((await call('ListTargetsByRule', { Rule: 'a' })).Targets).toEqual([{ Id: 't', Arn: listener }])

    await expect(call('DeleteRule', { Name: 'a' })).rejects.toMatchObject({ name: 'ValidationException' })
    const removed = await call('RemoveTargets', { Rule: 'a', Ids: ['t', 'u'] })
    expect(removed).toMatchObject({ FailedEntryCount: 1, FailedEntries: [{ TargetId: 'u' }] })
    await call('DeleteRule', { Name: 'a' })
    await expect(call('DescribeRule', { Name: 'a' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  it.each([
    { operation: 'PutRule', input: { Name: 'r' }, code: 'ValidationException' },
    { operation: 'PutRule', input: { Name: 'a b', EventPattern: failures }, code: 'ValidationException' },
    { operation: 'PutRule', input: { Name: 'r', EventPattern: '{}' }, code: 'InvalidEventPatternException' },
    {
      operation: 'PutRule',
      input: { Name: 'r', EventPattern: failures, EventBusName: 'mine' },
      code: 'ResourceNotFoundException',
    },
    { operation: 'PutTargets', input: { Rule: 'nope', Targets: [] }, code: 'ResourceNotFoundException' },
    { operation: 'CreateEventBus', input: { Name: 'mine' }, code: 'UnknownOperationException' },
  ])('refuse $operation $input with $code', async ({ operation, input, code }) => {
    await expect(call(operation, input)).rejects.toMatchObject({ name: code })
  })

  it.each([
    { Arn: 'arn:aws:sns:eu-west-1:000000000000:topic' },
    { Arn: listener, InputTransformer: { InputTemplate: 'x' } },
    { Arn: listener, InputPath: '$.detail[0]' },
    { Arn: listener, Input: '{' },
  ])('refuse the target %o and keep none', async (target) => {
    await call('PutRule', { Name: 'r', EventPattern: failures })
    const put = call('PutTargets', {
      Rule: 'r',
      Targets: [
        { Id: 'ok', Arn: listener },
        { Id: 't', ...target },
      ],
    })
    await expect(put).rejects.toMatchObject({ name: 'ValidationException' })
    expect((await call('ListTargetsByRule', { Rule: 'r' })).Targets).toEqual([])
  })
})
