import type { LambdaEvent } from 'hono/aws-lambda'
import { describe, expect, it } from 'vitest'
import { gatewayEvent } from './gateway-event.ts'

const event = (rawPath: string, stage = '$default', method = 'POST'): LambdaEvent =>
  ({ version: '2.0', rawPath, body: 'b', requestContext: { stage, http: { method } } }) as unknown as LambdaEvent

describe('an event of API Gateway', () => {
  it.each([
    ['loses the stage before its path', '/prod/clusters', 'prod', '/clusters'],
    ['that names only the stage is of the root', '/prod', 'prod', '/'],
    ['keeps a path that only looks like it', '/production/x', 'prod', '/production/x'],
    ['keeps a path behind a custom domain', '/clusters/prod', 'prod', '/clusters/prod'],
    ['of the default stage has none', '/clusters', '$default', '/clusters'],
    ['has signs again that would end the path', '/a?b#c', '$default', '/a%3Fb%23c'],
    ['has signs again that are no path', '/a b\\ü 🙂', '$default', '/a%20b%5C%C3%BC%20%F0%9F%99%82'],
    ['keeps what is encoded still', '/a%2Fb%20c', '$default', '/a%2Fb%20c'],
    ['has a percent sign that stands for itself', '/100%', '$default', '/100%25'],
    ['bears half a character', '/a\ud800', '$default', '/a%EF%BF%BD'],
  ])('%s', (_, rawPath, stage, path) => {
    expect(gatewayEvent(event(rawPath, stage))).toEqual({ ...event(path, stage) })
  })

  it('is base64 where it says so', () => {
    const given = (body: string) => ({ ...event('/'), isBase64Encoded: true, body }) as unknown as LambdaEvent
    expect(gatewayEvent(given('YWJj'))).toMatchObject({ body: 'YWJj' })
    expect(gatewayEvent(given('YW!'))).toMatchObject({ body: 'YQ==' })
  })

  it('has no body where it only reads', () => {
    expect(gatewayEvent(event('/', '$default', 'GET'))).toMatchObject({ body: null })
    expect(gatewayEvent(event('/', '$default', 'HEAD'))).toMatchObject({ body: null })
  })
})
