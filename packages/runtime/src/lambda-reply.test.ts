import { describe, expect, it } from 'vitest'
import { fitReply } from './lambda-reply.ts'

/** Largest answer of a function in bytes of JSON (AWS Lambda Developer Guide, quotas). */
const answerBytesMax = 6_291_556

const reply = (body: string) => ({
  ...{ statusCode: 200, headers: { 'content-type': 'application/json', 'x-request-id': 'r1' } },
  ...{ body, isBase64Encoded: false },
})
const given: unknown[] = []
const log = { info() {}, warn() {}, error: (...told: unknown[]) => void given.push(told) }

describe('a reply of a function', () => {
  it.each([
    ['short', 'x'.repeat(1000), 'text'],
    ['long', 'x'.repeat(6_000_000), 'text'],
    ['full of quotes', '"'.repeat(4_600_000), 'base64'],
    ['of letters of elsewhere', '字'.repeat(1_533_333), 'text'],
  ])('that is %s is sent whole', async (_, body, form) => {
    const fitted = await fitReply(reply(body), log)
    expect(Buffer.byteLength(JSON.stringify(fitted))).toBeLessThan(answerBytesMax)
    expect(fitted).toMatchObject({ statusCode: 200, isBase64Encoded: form === 'base64' })
    expect(Buffer.from(fitted.body, fitted.isBase64Encoded ? 'base64' : 'utf8').toString() === body).toBe(true)
  })

  it('that cannot be sent is told as a problem, and logged', async () => {
    const fitted = await fitReply(reply('"'.repeat(5_000_000)), log)
    expect(fitted).toMatchObject({ statusCode: 500, isBase64Encoded: false })
    expect(fitted.headers).toMatchObject({ 'content-type': 'application/problem+json', 'x-request-id': 'r1' })
    expect(JSON.parse(fitted.body)).toMatchObject({ code: 'internal', request_id: 'r1', success: false })
    expect(given).toMatchObject([['reply.too_large', { requestId: 'r1' }]])
  })
})
