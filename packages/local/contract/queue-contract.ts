import {
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { bodies, nameOf, type QueueAccess } from '../src/sqs/queue-access.ts'

/**
 * What SQS promises to its callers, as far as it can be seen without a clock of one's own.
 * @param broken titles of promises that this SQS is known to break; one that it keeps after all fails
 */
export function describeQueueContract(access: QueueAccess, broken: readonly string[] = []): void {
  const { attributes, arnOf, queue, receive, remove, send, sqs } = access
  const promise = (title: string, test: () => Promise<void>): void =>
    (broken.includes(title) ? it.fails : it)(title, test)

  describe('a queue', () => {
    promise('is made once, and again only with the same attributes', async () => {
      const url = await queue({ VisibilityTimeout: '40' })
      const QueueName = url.slice(url.lastIndexOf('/') + 1)
      const again = (Attributes: Record<string, string>) => sqs.send(new CreateQueueCommand({ QueueName, Attributes }))
      expect((await again({ VisibilityTimeout: '40', DelaySeconds: '0' })).QueueUrl).toBe(url)
      expect(await nameOf(again({ VisibilityTimeout: '41' }))).toBe('QueueNameExists')
      expect((await sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl).toBe(url)
    })

    promise('is missed by name, with the code of the query protocol beside it', async () => {
      const missing = await sqs.send(new GetQueueUrlCommand({ QueueName: 'nope' })).catch((error: unknown) => error)
      expect(missing).toMatchObject({ name: 'QueueDoesNotExist', Code: 'AWS.SimpleQueueService.NonExistentQueue' })
    })

    promise('is listed by prefix, page by page', async () => {
      for (const name of ['page-1', 'page-2', 'page-3']) await sqs.send(new CreateQueueCommand({ QueueName: name }))
      const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2 }))
      const second = await sqs.send(
        new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2, NextToken: first.NextToken }),
      )
      const names = [...(first.QueueUrls ?? []), ...(second.QueueUrls ?? [])].map((url) =>
        url.slice(url.lastIndexOf('/') + 1),
      )
      expect(names).toEqual(['page-1', 'page-2', 'page-3'])
      expect(second.NextToken).toBeUndefined()
    })

    promise('counts its messages, can be changed, tagged and emptied', async () => {
      const url = await queue()
      for (const body of ['1', '2']) await send(url, body)
      await receive(url, { MaxNumberOfMessages: 1 })
      await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { VisibilityTimeout: '45' } }))
      expect(await attributes(url)).toMatchObject({
        ApproximateNumberOfMessages: '1',
        ApproximateNumberOfMessagesNotVisible: '1',
        VisibilityTimeout: '45',
        MaximumMessageSize: '1048576',
      })
      await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { a: '1', b: '2' } }))
      await sqs.send(new UntagQueueCommand({ QueueUrl: url, TagKeys: ['a'] }))
      expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl: url }))).Tags).toEqual({ b: '2' })
      await sqs.send(new PurgeQueueCommand({ QueueUrl: url }))
      expect((await attributes(url)).ApproximateNumberOfMessagesNotVisible).toBe('0')
    })

    for (const { attribute, code } of [
      { attribute: { VisibilityTimeout: '43201' }, code: 'InvalidAttributeValue' },
      { attribute: { DelaySeconds: 'soon' }, code: 'InvalidAttributeValue' },
      { attribute: { RedrivePolicy: '{}' }, code: 'InvalidAttributeValue' },
      { attribute: { Colour: 'red' }, code: 'InvalidAttributeName' },
      { attribute: { ContentBasedDeduplication: 'true' }, code: 'InvalidAttributeName' },
      { attribute: { KmsMasterKeyId: 'alias/x' }, code: 'UnsupportedOperation' },
    ])
      promise(`refuses the attribute ${JSON.stringify(attribute)}`, async () => {
        const Attributes: Record<string, string> = attribute
        const QueueName = `refused-${Object.keys(attribute)}`
        expect(await nameOf(sqs.send(new CreateQueueCommand({ QueueName, Attributes })))).toBe(code)
        expect(await nameOf(sqs.send(new GetQueueUrlCommand({ QueueName })))).toBe('QueueDoesNotExist')
      })

    for (const QueueName of ['', 'a b', 'x'.repeat(81), 'a.fifo'])
      promise(`refuses the name "${QueueName}"`, async () => {
        expect(await nameOf(sqs.send(new CreateQueueCommand({ QueueName })))).toMatch(
          /^(InvalidParameterValue|MissingParameter)$/,
        )
      })

    for (const wanted of [
      { MaxNumberOfMessages: 11 },
      { MaxNumberOfMessages: 0 },
      { WaitTimeSeconds: 21 },
      { VisibilityTimeout: 43_201 },
    ])
      promise(`refuses to give messages for ${JSON.stringify(wanted)}`, async () => {
        const url = await queue()
        expect(await nameOf(receive(url, wanted))).toBe('InvalidParameterValue')
      })
  })

  describe('a dead-letter queue', () => {
    const pair = async () => {
      const dead = await queue()
      const deadArn = await arnOf(dead)
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadArn, maxReceiveCount: 2 })
      return { dead, deadArn, source: await queue({ RedrivePolicy, VisibilityTimeout: '0' }) }
    }

    promise('gets a message that was received too often, with its origin', async () => {
      const { dead, source } = await pair()
      await send(source, 'bad')
      await receive(source)
      await receive(source)
      expect(await receive(source)).toEqual([])
      const [message] = await receive(dead)
      expect(message?.Body).toBe('bad')
      expect(message?.Attributes?.DeadLetterQueueSourceArn).toBe(await arnOf(source))
    })

    promise('knows its sources and gives its messages back as new ones', async () => {
      const { dead, deadArn, source } = await pair()
      await send(source, 'bad')
      for (let times = 0; times < 3; times++) await receive(source)
      const sources = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }))
      expect(sources.queueUrls).toEqual([source])

      const task = await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: deadArn }))
      expect(task.TaskHandle).toBeTruthy()
      expect(await receive(dead)).toEqual([])
      const [message] = await receive(source)
      expect(message?.Attributes?.ApproximateReceiveCount).toBe('1')
      expect(message?.Attributes?.DeadLetterQueueSourceArn).toBeUndefined()
      const tasks = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: deadArn }))
      expect(tasks.Results).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }])
    })

    promise('cannot be moved from when it is none', async () => {
      const SourceArn = await arnOf(await queue())
      expect(await nameOf(sqs.send(new StartMessageMoveTaskCommand({ SourceArn })))).toBe('InvalidParameterValue')
    })
  })

  describe('a batch', () => {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ Id: `${index}`, MessageBody: `${index}` }))

    promise('sends, holds and deletes ten messages at once', async () => {
      const url = await queue()
      const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries(10) }))
      expect(sent.Successful).toHaveLength(10)
      const messages = await receive(url)
      expect(bodies(messages)).toEqual(entries(10).map(({ MessageBody }) => MessageBody))
      const handles = messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))
      const held = handles.map((entry) => ({ ...entry, VisibilityTimeout: 0 }))
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: held }))
      expect((await attributes(url)).ApproximateNumberOfMessages).toBe('10')
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }))
      expect((await attributes(url)).ApproximateNumberOfMessages).toBe('0')
    })

    promise('tells of each entry that failed and runs the others', async () => {
      const url = await queue()
      const Entries = [...entries(1), { Id: 'bad', MessageBody: 'x', DelaySeconds: 901 }]
      const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
      expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['0'])
      expect(sent.Failed).toMatchObject([{ Id: 'bad', Code: 'InvalidParameterValue', SenderFault: true }])
      expect(bodies(await receive(url))).toEqual(['0'])
    })

    for (const { what, Entries, code } of [
      { what: 'is empty', Entries: [], code: 'EmptyBatchRequest' },
      { what: 'has eleven entries', Entries: entries(11), code: 'TooManyEntriesInBatchRequest' },
      { what: 'has an id twice', Entries: [...entries(1), ...entries(1)], code: 'BatchEntryIdsNotDistinct' },
      { what: 'has a bad id', Entries: [{ Id: 'a b', MessageBody: 'x' }], code: 'InvalidBatchEntryId' },
      {
        what: 'is too long in all',
        Entries: entries(2).map((entry) => ({ ...entry, MessageBody: 'x'.repeat(524_289) })),
        code: 'BatchRequestTooLong',
      },
    ])
      promise(`is refused when it ${what}, and sends nothing`, async () => {
        const url = await queue()
        expect(await nameOf(sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })))).toBe(code)
        expect(await receive(url)).toEqual([])
      })
  })

  describe('a FIFO queue', () => {
    const fifo = { FifoQueue: 'true', ContentBasedDeduplication: 'true' }
    const sendTo = (url: string, body: string, MessageGroupId: string, MessageDeduplicationId?: string) =>
      send(url, body, { MessageGroupId, MessageDeduplicationId })

    promise('keeps the order within a group and gives nothing of a group that is in flight', async () => {
      const url = await queue(fifo)
      for (const [body, group] of [
        ['a1', 'a'],
        ['a2', 'a'],
        ['b1', 'b'],
        ['a3', 'a'],
      ] as const)
        await sendTo(url, body, group)
      const [first] = await receive(url, { MaxNumberOfMessages: 1 })
      expect(first?.Body).toBe('a1')
      const [other, ...none] = await receive(url)
      expect([other?.Body, none]).toEqual(['b1', []])
      await remove(url, first)
      expect(bodies(await receive(url))).toEqual(['a2', 'a3'])
    })

    promise('may remember ids by group', async () => {
      const url = await queue({ ...fifo, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' })
      await sendTo(url, 'x', 'a')
      await sendTo(url, 'x', 'b')
      await sendTo(url, 'x', 'b')
      expect(await receive(url)).toHaveLength(2)
    })
  })

  describe('a message', () => {
    promise('has the attribute digest that AWS computes', async () => {
      const sent = await send(await queue(), 'x', {
        MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
      })
      // MD5 of 00000001 'a' 00000006 'String' 01 00000001 'b', computed by hand
      expect(sent.MD5OfMessageAttributes).toBe('bef8bf215374a0a228d67533b1a488be')
    })

    promise('is not removed by the handle of an earlier receive, and by no malformed handle', async () => {
      const url = await queue()
      await send(url, 'x')
      const [first] = await receive(url, { VisibilityTimeout: 0 })
      const [second] = await receive(url, { VisibilityTimeout: 0 })
      await remove(url, first)
      expect(await receive(url, { VisibilityTimeout: 0 })).toHaveLength(1)
      expect(await nameOf(remove(url, { ReceiptHandle: 'nonsense' }))).toBe('ReceiptHandleIsInvalid')
      expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle)
    })

    promise('may have 1 MiB, attributes included, or what its queue allows', async () => {
      const url = await queue()
      expect(await nameOf(send(url, 'x'.repeat(1_048_576)))).toBe('accepted')
      expect(await nameOf(send(url, 'x'.repeat(1_048_577)))).toBe('InvalidParameterValue')
      const small = await queue({ MaximumMessageSize: '1024' })
      const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } }
      expect(await nameOf(send(small, 'x'.repeat(1016), { MessageAttributes }))).toBe('accepted')
      expect(await nameOf(send(small, 'x'.repeat(1017), { MessageAttributes }))).toBe('InvalidParameterValue')
    })
  })

  describe('many consumers', () => {
    promise('together get every message exactly once within its time-out', async () => {
      const url = await queue()
      const sent = Array.from({ length: 200 }, (_, index) => String(index))
      for (let from = 0; from < sent.length; from += 10) {
        const Entries = sent.slice(from, from + 10).map((body) => ({ Id: body, MessageBody: body }))
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
      }
      const seen: (string | undefined)[] = []
      const consume = async (): Promise<void> => {
        for (let messages = await receive(url); messages.length > 0; messages = await receive(url))
          seen.push(...bodies(messages))
      }
      await Promise.all([consume(), consume(), consume(), consume()])
      expect(seen.sort()).toEqual(sent.sort())
    })
  })
}
