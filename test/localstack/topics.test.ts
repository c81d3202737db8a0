import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { parseSns, SnsEnvelope } from '@gridgate/core/alarm/parse-sns'
import { isSigned } from '@gridgate/core/alarm/sns-signature'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../e2e/product.ts'
import { query } from './query.ts'

/** Time for a message to come, on a busy machine, in seconds. */
const waitSecondsMax = 60

/** What stands at `/alarms/sns` of a deployment: it keeps what SNS posts. */
let subscriber: Server
const posted: SnsEnvelope[] = []
beforeAll(async () => {
  subscriber = createServer(async (request, response) => {
    posted.push(SnsEnvelope.parse(JSON.parse(await text(request))))
    response.end()
  }).listen(0, '127.0.0.1')
  await once(subscriber, 'listening')
})
afterAll(() => {
  subscriber.closeAllConnections()
  subscriber.close()
})

/** The topic as it is deployed, subscribed as it is deployed (packages/deployment/topics.ts). @returns its ARN */
async function subscribedTopic(name: string, signatureVersion: string): Promise<string> {
  const version = { 'Attributes.entry.1.key': 'SignatureVersion', 'Attributes.entry.1.value': signatureVersion }
  const TopicArn = String((await query('sns', 'CreateTopic', { Name: name, ...version })).TopicArn)
  const Endpoint = `http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/alarms/sns`
  await query('sns', 'Subscribe', { TopicArn, Protocol: 'http', Endpoint })
  return TopicArn
}

async function postedTo(topic: string, type: SnsEnvelope['Type']): Promise<SnsEnvelope> {
  const find = () => posted.find(({ TopicArn, Type }) => TopicArn === topic && Type === type)
  await eventually(() => find() !== undefined, waitSecondsMax)
  const found = find()
  if (!found) throw new Error(`no ${type} of ${topic} comes`)
  return found
}

/** Signed with the certificate that it names, and with nothing changed. */
async function expectSigned(envelope: SnsEnvelope, version: string): Promise<void> {
  const certificate = await (await fetch(envelope.SigningCertURL)).text()
  expect(envelope.SignatureVersion).toBe(version)
  expect(isSigned(envelope, certificate, new Date())).toBe(true)
  for (const name of ['Message', 'MessageId', 'Timestamp', 'TopicArn'] as const)
    expect(isSigned({ ...envelope, [name]: `${envelope[name]}x` }, certificate, new Date())).toBe(false)
}

describe.each(['1', '2'])("a topic of LocalStack's SNS that signs by version %s", (version) => {
  let topic: string
  beforeAll(async () => {
    topic = await subscribedTopic(`alarms-${version}`, version)
  })

  it('asks a new subscriber in a message that is signed as we check it, and takes its word', async () => {
    const asked = await postedTo(topic, 'SubscriptionConfirmation')
    await expectSigned(asked, version)
    expect((await fetch(asked.SubscribeURL ?? '')).status).toBe(200)
    const attributes = JSON.stringify(await query('sns', 'ListSubscriptionsByTopic', { TopicArn: topic }))
    expect(attributes).toContain(`${topic}:`)
  })

  it('posts the alarm of a CloudWatch that is not ours, signed as we check it, and it is understood', async () => {
    const alarm = {
      ...{ AlarmName: 'gpu-hot', Namespace: 'gpu', MetricName: 'temperature', Statistic: 'Maximum', Period: '60' },
      ...{ EvaluationPeriods: '1', Threshold: '90', ComparisonOperator: 'GreaterThanThreshold' },
      ...{ 'Dimensions.member.1.Name': 'ClusterName', 'Dimensions.member.1.Value': 'west-1' },
      'AlarmActions.member.1': topic,
    }
    await query('monitoring', 'PutMetricAlarm', alarm)
    const state = { AlarmName: 'gpu-hot', StateValue: 'ALARM', StateReason: 'a GPU is too hot' }
    await query('monitoring', 'SetAlarmState', state)
    const told = await postedTo(topic, 'Notification')
    await expectSigned(told, version)
    expect(parseSns(told)).toMatchObject([
      {
        ...{ source: 'sns', alarm_name: 'gpu-hot', state: 'alarm', title: 'a GPU is too hot' },
        ...{ region: 'us-east-1', account: '000000000000', labels: { ClusterName: 'west-1' } },
      },
    ])
    expect(JSON.parse(told.Message)).toMatchObject({
      AlarmArn: 'arn:aws:cloudwatch:us-east-1:000000000000:alarm:gpu-hot',
    })
  })
})
