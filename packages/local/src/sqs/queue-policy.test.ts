import { CreateQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { queuePolicy } from '@gridgate/runtime/queue-policy'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { nameOf } from './queue-access.ts'
import { letsSend } from './queue-policy.ts'

const queueArn = 'arn:aws:sqs:eu-west-1:000000000000:alarms'
const ruleArn = 'arn:aws:events:eu-west-1:000000000000:rule/changed'
const policy = queuePolicy(queueArn, ruleArn)
const [statement] = policy.Statement
const by = { service: 'events.amazonaws.com', sourceArn: ruleArn }

describe("a queue's policy", () => {
  let cloud: TestCloud
  let sqs: SQSClient
  beforeAll(async () => {
    cloud = await openTestCloud()
    sqs = new SQSClient(cloud.client)
  })
  afterAll(() => cloud.close())

  it.each([
    ['its rule', queueArn, by, true],
    ['another rule', queueArn, { ...by, sourceArn: `${ruleArn}-2` }, false],
    ['another service', queueArn, { ...by, service: 'sns.amazonaws.com' }, false],
    ['its rule, into another queue', `${queueArn}-2`, by, false],
  ])('says whether one may send: %s', (_, queue, sender, may) => {
    expect(letsSend(JSON.stringify(policy), queue, sender)).toBe(may)
    expect(letsSend(undefined, queue, sender)).toBe(false)
  })

  it.each([
    ['no JSON', 'x', 'InvalidAttributeValue'],
    ['for everybody', { ...policy, Statement: [{ ...statement, Principal: '*' }] }, 'UnsupportedOperation'],
    ['a denial', { ...policy, Statement: [{ ...statement, Effect: 'Deny' }] }, 'UnsupportedOperation'],
    ['for more actions', { ...policy, Statement: [{ ...statement, Action: 'sqs:*' }] }, 'UnsupportedOperation'],
    ['without a condition', { ...policy, Statement: [{ ...statement, Condition: {} }] }, 'UnsupportedOperation'],
    ['without a statement', { ...policy, Statement: [] }, 'UnsupportedOperation'],
  ])('is refused, and no queue made, where it is %s', async (_, given, code) => {
    const Policy = typeof given === 'string' ? given : JSON.stringify(given)
    const made = sqs.send(new CreateQueueCommand({ QueueName: 'refused', Attributes: { Policy } }))
    expect(await nameOf(made)).toBe(code)
    expect(await nameOf(sqs.send(new GetQueueUrlCommand({ QueueName: 'refused' })))).toBe('QueueDoesNotExist')
  })
})
