import { readFileSync } from 'node:fs'
import { Cluster, ClusterId } from '@gridgate/core/cluster/cluster'
import { startTask } from '@gridgate/core/task/start-task'
import { TaskId } from '@gridgate/core/task/task'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { admin } from '../world.ts'
import { type HostedFunctions, hostFunctions } from './hosted-functions.ts'

let hosted: HostedFunctions
beforeAll(async () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  hosted = await hostFunctions(inject('dist'), {
    // Nobody listens there, and it may not be called.
    GRIDGATE_NOTIFY_URLS: 'https://127.0.0.1:1/hook',
    GRIDGATE_NOTIFY_SECRET: secret,
    GRIDGATE_SNS_TOPICS: 'arn:aws:sns:eu-west-1:123456789012:alarms',
  })
})
afterAll(() => hosted.stop())

const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../../packages/core/src/alarm/fixtures/${name}.json`, import.meta.url), 'utf8'))

/** A batch as Lambda's event source mapping gives it (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS"). */
const batch = (queue: string, ...bodies: string[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `059f36b4-87a3-44ab-83d2-66197${index}`,
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1899572638390',
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: '1899572638395',
    },
    messageAttributes: {},
    md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:eu-west-1:000000000000:gridgate-${queue}`,
    awsRegion: 'eu-west-1',
  })),
})
const failuresOf = (answer: Record<string, unknown>): string[] =>
  (answer.batchItemFailures as { itemIdentifier: string }[]).map(({ itemIdentifier }) => itemIdentifier.slice(-1))

describe('a batch of a queue', () => {
  it('of alarms gives back those that could not be handled, and no others', async () => {
    const event = fixture('eventbridge-metric') as { detail: { state: object } }
    const now = new Date().toISOString()
    const alarm = { ...event, detail: { ...event.detail, state: { ...event.detail.state, timestamp: now } } }
    const given = batch('alarms', 'no JSON', JSON.stringify(alarm), JSON.stringify({ no: 'alarm' }))
    expect(failuresOf(await hosted.invoke('internal/receive-alarm', given))).toEqual(['0', '2'])
  })

  it('of which one is no message at all gives back that one alone', async () => {
    const [told, odd] = batch('alarms', JSON.stringify({ event_id: 'gone' }), '').Records
    const event = { Records: [told, { ...odd, body: null }] }
    expect(failuresOf(await hosted.invoke('internal/receive-alarm', event))).toEqual(['1'])
  })

  it('of dead alarms is kept where people look', async () => {
    const given = batch('alarms-dead', JSON.stringify({ event_id: 'e1' }))
    expect(failuresOf(await hosted.invoke('internal/bury-alarm', given))).toEqual([])
  })

  it('of notifications drops what nobody could take, whatever it is', async () => {
    const given = batch('notifications', 'no JSON', JSON.stringify({ target: 'gone' }))
    const answer = await hosted.invoke('internal/send-notification', given)
    expect(answer.batchItemFailures).toEqual(expect.any(Array))
    expect(failuresOf(await hosted.invoke('internal/bury-notification', given))).toEqual([])
  })

  it('that is no batch fails, so that nothing is taken for done', async () => {
    await expect(hosted.invoke('internal/receive-alarm', { Records: [{ body: 1 }] })).rejects.toThrow('ZodError')
  })
})

/** An event of EventBridge (EventBridge User Guide, "Events"). */
const bridged = (source: string, type: string, detail: object) => ({
  version: '0',
  id: '315c1398-40ff-a850-213b-158f73e60175',
  'detail-type': type,
  source,
  account: '000000000000',
  time: '2030-02-26T19:42:21Z',
  region: 'eu-west-1',
  resources: [],
  detail,
})

describe('an event of EventBridge', () => {
  it('that tells of an execution which ended ends its task', async () => {
    const id = TaskId.parse('11111111-2222-4333-8444-555555555555')
    const clusterId = ClusterId.parse('west-1')
    await hosted.ports.clusters.create(Cluster.parse({ id: clusterId, regionId: 'eu', nodes: { count: 0 } }))
    const quiet = { start: async () => undefined, status: async () => null }
    const { tasks, clock, log } = hosted.ports
    await startTask(
      { tasks, clock, log, workflows: quiet },
      {
        ...{ taskId: id, type: 'cluster_infra_creation', caller: admin, clusterId, data: {}, locks: [] },
        ...{ workflow: 'create-cluster-infra', input: { taskId: id } },
      },
    )
    const name = 'arn:aws:states:eu-west-1:000000000000:execution:gridgate-create-cluster-infra'
    const detail = {
      ...{ executionArn: `${name}:${id}`, stateMachineArn: 'arn', name: id, status: 'TIMED_OUT' },
      ...{ startDate: 1_551_225_271_984, stopDate: 1_551_225_291_984, input: '{}', output: null },
    }
    const event = bridged('aws.states', 'Step Functions Execution Status Change', detail)
    await hosted.invoke('internal/close-task', event)
    expect((await hosted.ports.tasks.find(id))?.task).toMatchObject({ task_status: 'failed' })
  })

  it.each(['sweep-tasks', 'sweep-alarms', 'sweep-cordons'])('of a schedule starts %s', async (name) => {
    const answer = await hosted.invoke(`internal/${name}`, bridged('aws.events', 'Scheduled Event', {}))
    expect(answer).toMatchObject({ skipped: 0 })
  })
})

describe('a message of SNS', () => {
  it('is read as the text that it is, and refused where it is not to be believed', async () => {
    const message = fixture('sns-metric')
    const event = {
      ...{
        version: '2.0',
        routeKey: 'POST /alarms/sns',
        rawPath: '/alarms/sns',
        rawQueryString: '',
        isBase64Encoded: false,
      },
      headers: {
        host: 'api.example.com',
        'content-type': 'text/plain; charset=UTF-8',
        'x-amz-sns-message-type': 'Notification',
        'user-agent': 'Amazon Simple Notification Service Agent',
      },
      requestContext: {
        ...{ accountId: 'anonymous', apiId: 'a', domainName: 'api.example.com', stage: '$default', requestId: 'r' },
        http: { method: 'POST', path: '/alarms/sns', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'sns' },
      },
      body: JSON.stringify(message),
    }
    const answer = await hosted.invoke('alarms/receive-sns', event)
    expect(answer, JSON.stringify(answer)).toMatchObject({
      statusCode: 401,
      body: expect.stringContaining('auth.invalid'),
    })
  })
})
