import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../clock.ts'
import { openEvents } from '../events/open-events.ts'
import { openSqs } from '../sqs/open-sqs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridgate-kill-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const where = { clock: systemClock, region: 'eu-west-1', accountId: '000000000000', log: () => {} }

/** Runs a program until it has written so many lines, kills it with SIGKILL, and returns all lines that came out. */
function killAfter(program: string, lines: number): Promise<string[]> {
  return new Promise((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.split('\n').length > lines) child.kill('SIGKILL')
    })
    child.once('close', () => resolve(text.split('\n').slice(0, -1)))
  })
}
const moduleUrl = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
const beginning = `
  const { writeSync } = await import('node:fs')
  const { systemClock: clock } = await import(${moduleUrl('../clock.ts')})
  const where = { clock, region: 'eu-west-1', accountId: '000000000000', log() {} }`

describe('when the process is killed at any moment', () => {
  it('no acknowledged message is lost', async () => {
    const file = join(folder, 'sqs.sqlite')
    const acknowledged = await killAfter(
      `${beginning}
      const { openSqs } = await import(${moduleUrl('../sqs/open-sqs.ts')})
      const sqs = openSqs({ ...where, file: ${JSON.stringify(file)}, baseUrl: () => '' })
      const { QueueUrl } = await sqs.call('CreateQueue', { QueueName: 'q' })
      for (let n = 0; ; n++) {
        await sqs.call('SendMessage', { QueueUrl, MessageBody: String(n) })
        writeSync(1, n + '\\n')
      }`,
      200,
    )
    const sqs = openSqs({ ...where, file, baseUrl: () => '' })
    const kept = new Set<unknown>()
    for (;;) {
      const { Messages } = await sqs.call('ReceiveMessage', { QueueUrl: '/q', MaxNumberOfMessages: 10 })
      if (!Array.isArray(Messages)) break
      for (const message of Messages) kept.add((message as { Body: string }).Body)
    }
    sqs.close()
    expect(acknowledged.length).toBeGreaterThanOrEqual(200)
    expect(acknowledged.filter((body) => !kept.has(body))).toEqual([])
  })

  it('every published event is delivered later', async () => {
    const file = join(folder, 'events.sqlite')
    const published = await killAfter(
      `${beginning}
      const { openEvents } = await import(${moduleUrl('../events/open-events.ts')})
      const never = () => new Promise(() => {})
      const events = openEvents({ ...where, file: ${JSON.stringify(file)}, deliver: { toFunction: never, toQueue: never } })
      await events.call('PutRule', { Name: 'all', EventPattern: '{"source":["s"]}' })
      await events.call('PutTargets', { Rule: 'all', Targets: [{ Id: 't', Arn: 'arn:aws:lambda:f' }] })
      for (;;) writeSync(1, (await events.publish({ source: 's', detailType: 'd', detail: {} })).id + '\\n')`,
      100,
    )
    const delivered: unknown[] = []
    const toFunction = async (_arn: string, payload: string): Promise<void> => {
      delivered.push((JSON.parse(payload) as { id: string }).id)
    }
    const events = openEvents({ ...where, file, deliver: { toFunction, toQueue: () => {} } })
    await expect
      .poll(() => published.filter((id) => !delivered.includes(id)), { timeout: 5000, interval: 10 })
      .toEqual([])
    await events.close()
    expect(published.length).toBeGreaterThanOrEqual(100)
  })
})
