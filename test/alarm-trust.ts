import { readFileSync } from 'node:fs'
import type { AlarmTrust } from '@gridgate/core/alarm/alarm-trust'
import { expect } from 'vitest'
import type { AlarmWorld } from './alarm-world.ts'
import type { Answer } from './call-endpoint.ts'
import { signingKey } from './self-signed.ts'

const fixtures = new URL('../packages/core/src/alarm/fixtures/', import.meta.url)
/** A message as its source posts it. */
export const fixture = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8'))

/** A topic on the list, and a secret of the configuration. */
export const topic = 'arn:aws:sns:eu-west-1:123456789012:alarms'
export const configured = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** Who is believed, with what was asked of elsewhere. */
export function trust(more: Partial<AlarmTrust> = {}): AlarmTrust & { asked: string[] } {
  const asked: string[] = []
  return {
    topics: [topic],
    eventBridgeSources: [],
    webhookSecrets: [configured],
    certificate: async (url) => {
      asked.push(url)
      return certificate
    },
    visit: async (url) => void asked.push(url),
    ...more,
    asked,
  }
}

/** Stands for the key of SNS; one certificate of it is in force, one is over. */
export const signer = await signingKey()
export const certificate = await signer.certificate(new Date('2029-01-01'), new Date('2031-01-01'))
export const expired = await signer.certificate(new Date('2028-01-01'), new Date('2029-01-01'))

/** Refuses, and changes nothing. */
export async function refuses(
  w: AlarmWorld,
  asking: () => Promise<Answer>,
  status: number,
  code: string,
): Promise<void> {
  const before = w.snapshot()
  expect(await asking()).toMatchObject({ status, body: { code, success: false } })
  expect([w.snapshot(), w.queued]).toEqual([before, []])
}
