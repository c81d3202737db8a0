import type { AddressInfo } from 'node:net'
import { TaskId } from '@gridgate/core/task/task'
import { awsEndpoint } from '@gridgate/local/aws/endpoint'
import { manualClock } from '@gridgate/local/clock'
import { openStepFunctions, type StepFunctions } from '@gridgate/local/step-functions/open-step-functions'
import { type AwsClient, openAwsClient } from '@gridgate/remote/aws/aws-client'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stepFunctions, workflowArn } from './step-functions.ts'

const place = { AWS_REGION: 'eu-west-1', GRIDGATE_ACCOUNT: '000000000000', GRIDGATE_PREFIX: 'gridgate-' }
const id = TaskId.parse('11111111-2222-4333-8444-555555555555')
const machine = (state: object) =>
  JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } })

const clientOf = (endpoint: string): AwsClient =>
  openAwsClient({
    region: place.AWS_REGION,
    clock: { now: () => new Date() },
    environment: { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' },
    pause: async () => undefined,
  })

let engine: StepFunctions
let client: AwsClient
let stop: () => Promise<void>

beforeEach(async () => {
  engine = openStepFunctions({
    file: ':memory:',
    clock: manualClock(),
    region: place.AWS_REGION,
    accountId: place.GRIDGATE_ACCOUNT,
    integrations: {
      invokeFunction: () => Promise.reject(new Error('no functions')),
      sendMessage: () => Promise.reject(new Error('no queue')),
    },
  })
  const roleArn = 'arn:aws:iam::000000000000:role/r'
  const waiting = machine({ Type: 'Wait', Seconds: 60, End: true })
  await engine.call('CreateStateMachine', { name: 'gridgate-slow', definition: waiting, roleArn })
  await engine.call('CreateStateMachine', { name: 'gridgate-quick', definition: machine({ Type: 'Succeed' }), roleArn })
  engine.resume()
  const server = awsEndpoint({ AWSStepFunctions: engine })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  stop = async () => {
    engine.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})
afterEach(() => stop())

it.each([
  ['eu-west-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
])('a workflow in %s is in the partition %s', (region, partition) => {
  expect(workflowArn({ ...place, AWS_REGION: region }, 'stateMachine', 'join-node')).toBe(
    `arn:${partition}:states:${region}:000000000000:stateMachine:gridgate-join-node`,
  )
})

describe('workflows on Step Functions', () => {
  it('names the execution after the task; starting twice is harmless, while it runs and afterwards', async () => {
    const workflows = stepFunctions(client, place)
    for (const _ of [1, 2]) await workflows.start('slow', id, { taskId: id })
    expect(await workflows.status('slow', id)).toBe('running')
    await workflows.start('quick', id, {})
    await new Promise((resolve) => setImmediate(resolve))
    await workflows.start('quick', id, { other: true })
    expect(await workflows.status('quick', id)).toBe('succeeded')
  })

  it('tells what was never started, and what was stopped', async () => {
    const workflows = stepFunctions(client, place)
    expect(await workflows.status('slow', id)).toBeNull()
    await workflows.start('slow', id, {})
    const executionArn = `arn:aws:states:eu-west-1:000000000000:execution:gridgate-slow:${id}`
    await engine.call('StopExecution', { executionArn })
    expect(await workflows.status('slow', id)).toBe('aborted')
  })

  it('says that it does not know when the service does not answer, or has no such workflow', async () => {
    await expect(stepFunctions(client, place).start('other', id, {})).rejects.toMatchObject({
      code: 'service.unavailable',
    })
    const workflows = stepFunctions(clientOf('http://127.0.0.1:1'), place)
    await expect(workflows.start('slow', id, {})).rejects.toMatchObject({ code: 'service.unavailable' })
    await expect(workflows.status('slow', id)).rejects.toMatchObject({ code: 'service.unavailable' })
  })
})
