import type { RemoteReply, RemoteRequest } from '@gridgate/remote/remote-client'
import { beforeEach, expect, it } from 'vitest'
import { alarmTrust } from './alarm-trust.ts'
import { readConfig } from './config.ts'

let now = 0
let status = 200
let sent: RemoteRequest[] = []
const client = {
  async send(request: RemoteRequest): Promise<RemoteReply> {
    sent.push(request)
    return { status, headers: {}, bytes: Buffer.from(`answer ${sent.length}`) }
  },
}
const trust = (environment: Record<string, string> = {}) =>
  alarmTrust(readConfig(environment), { clock: { now: () => new Date(now) } }, client)

beforeEach(() => {
  now = 0
  status = 200
  sent = []
})

it('believes whom the configuration names, and nobody else', () => {
  expect(trust()).toMatchObject({ topics: [], eventBridgeSources: [], webhookSecrets: [] })
  const lists = {
    GRIDGATE_SNS_TOPICS: 'a, b',
    GRIDGATE_EVENTBRIDGE_SOURCES: '1/eu',
    GRIDGATE_WEBHOOK_SECRET: 'whsec_x',
  }
  expect(trust(lists)).toMatchObject({ topics: ['a', 'b'], eventBridgeSources: ['1/eu'], webhookSecrets: ['whsec_x'] })
})

it('fetches a certificate once an hour, without following anybody elsewhere', async () => {
  const parts = trust()
  expect([await parts.certificate('https://a'), await parts.certificate('https://a')]).toEqual(['answer 1', 'answer 1'])
  now += 3600 * 1000
  expect(await parts.certificate('https://a')).toBe('answer 2')
  expect(sent[0]).toEqual({ url: 'https://a', bytesMax: 65_536 })
})

it('keeps a bounded number of certificates', async () => {
  const parts = trust()
  for (let number = 0; number < 17; number++) await parts.certificate(`https://a/${number}`)
  await parts.certificate('https://a/16')
  expect(sent.length).toBe(17)
  await parts.certificate('https://a/0')
  expect(sent.length).toBe(18)
})

it('keeps no answer that is none', async () => {
  const parts = trust()
  status = 404
  await expect(parts.certificate('https://a')).rejects.toMatchObject({ code: 'remote.failed' })
  await expect(parts.visit('https://a')).rejects.toMatchObject({ code: 'remote.failed' })
  status = 200
  expect(await parts.certificate('https://a')).toBe('answer 3')
})
