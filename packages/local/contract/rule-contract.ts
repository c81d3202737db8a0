import { randomUUID } from 'node:crypto'
import {
  type EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge'
import { GetQueueAttributesCommand, type Message, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { queuePolicy } from '@gridgate/runtime/queue-policy'
import { describe, expect, it } from 'vitest'
import type { QueueAccess } from '../src/sqs/queue-access.ts'

/** Time for one look into a queue, in seconds, and looks before a message counts as one that does not come. */
const waitSeconds = 10
const looksMax = 12

/** What EventBridge promises to a queue that a rule fills. */
export function describeRuleContract(events: () => EventBridgeClient, access: () => QueueAccess): void {
  describe('a rule', () => {
    it('fills a queue whose policy names it, with the events of its pattern in their envelopes', async () => {
      const { arnOf, queue, sqs } = access()
      const source = `test.${randomUUID()}`
      const QueueUrl = await queue()
      const queueArn = await arnOf(QueueUrl)
      const ruleArn = await putRule(events(), source, queueArn)
      const policy = JSON.stringify(queuePolicy(queueArn, ruleArn))
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy: policy } }))
      const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Policy'] }))
      expect(JSON.parse(Attributes?.Policy ?? '')).toEqual(JSON.parse(policy))

      const event = (Source: string, name: string) => ({
        Source,
        DetailType: 'Tried',
        Detail: JSON.stringify({ name }),
      })
      const Entries = [event('test.another', 'no'), event(source, 'yes')]
      expect(await events().send(new PutEventsCommand({ Entries }))).toMatchObject({ FailedEntryCount: 0 })
      const { Body = '' } = await firstOf(access(), QueueUrl)
      expect(JSON.parse(Body)).toMatchObject({
        ...{ version: '0', source, 'detail-type': 'Tried', account: '000000000000', resources: [] },
        ...{ detail: { name: 'yes' }, id: expect.stringMatching(/^[\w-]{36}$/), region: queueArn.split(':')[3] },
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      })
    })
  })
}

/** @returns its ARN */
async function putRule(events: EventBridgeClient, source: string, target: string): Promise<string> {
  const Name = source.replace('.', '-')
  const { RuleArn = '' } = await events.send(
    new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: [source] }) }),
  )
  await events.send(new PutTargetsCommand({ Rule: Name, Targets: [{ Id: 'queue', Arn: target }] }))
  return RuleArn
}

async function firstOf({ receive }: QueueAccess, url: string): Promise<Message> {
  for (let look = 0; look < looksMax; look++) {
    const [message] = await receive(url, { WaitTimeSeconds: waitSeconds })
    if (message) return message
  }
  throw new Error('nothing comes into the queue')
}
