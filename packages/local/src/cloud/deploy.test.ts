import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge'
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../test/e2e/product.ts'
import { letsSend } from '../sqs/queue-policy.ts'
import { deploy } from './deploy.ts'
import { type Cloud, startCloud } from './start-cloud.ts'

const place = { table: 'gridgate', prefix: 'deployed-', region: 'eu-west-1', accountId: '000000000000' }
const folder = temporaryFolder()
let cloud: Cloud

beforeAll(async () => {
  const file = (name: string): string => `${folder.path}/${name}`
  cloud = await startCloud({ ...place, file, port: 0, functions: async () => [], log: () => {} })
})
afterAll(async () => {
  await cloud.stop()
  folder.remove()
})

/** Each rule that fills a queue: its ARN, the queue's, and the policy of this. */
async function fillings(): Promise<{ ruleArn: string; queueArn: string; policy: string | undefined }[]> {
  const [events, sqs] = [new EventBridgeClient({}), new SQSClient({})]
  const { Rules = [] } = await events.send(new ListRulesCommand({ NamePrefix: place.prefix }))
  const found = await Promise.all(
    Rules.map(async ({ Name, Arn: ruleArn = '' }) => {
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: Name }))
      const queues = Targets.map(({ Arn = '' }) => Arn).filter((arn) => arn.startsWith('arn:aws:sqs:'))
      return Promise.all(
        queues.map(async (queueArn) => {
          const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueArn.split(':').at(-1) }))
          const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['Policy'] })
          return { ruleArn, queueArn, policy: (await sqs.send(asked)).Attributes?.Policy }
        }),
      )
    }),
  )
  return found.flat()
}

describe('what is put in place at a start', () => {
  it('lets each rule, and no other, fill its queue; also the second time', async () => {
    await deploy(place, null)
    const first = await fillings()
    expect(first.map(({ ruleArn }) => ruleArn)).toEqual([
      'arn:aws:events:eu-west-1:000000000000:rule/deployed-alarm-changed',
    ])
    for (const { ruleArn, queueArn, policy } of first) {
      const by = { service: 'events.amazonaws.com', sourceArn: ruleArn }
      expect(letsSend(policy, queueArn, by)).toBe(true)
      expect(letsSend(policy, queueArn, { ...by, sourceArn: `${ruleArn}-other` })).toBe(false)
    }
    await deploy(place, null)
    expect(await fillings()).toEqual(first)
  })
})
