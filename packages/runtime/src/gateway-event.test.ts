import { describe, expect, it } from 'vitest'
import { gatewayEvent } from './gateway-event.ts'

const event = (rawPath: string, stage = '$default', method = 'POST') =>
  ({ version: '2.0', rawPath, headers: {}, body: 'b', requestContext: { stage, http: { method } } }) as const

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

  it.each([
    ['is not the stage', '/clusters/read/a', '/clusters/read/a'],
    ['is the stage before the same', '/clusters/clusters/read/a', '/clusters/read/a'],
  ])('tells by its route that the first segment %s', (_, rawPath, path) => {
    const given = { ...event(rawPath, 'clusters'), routeKey: 'GET /clusters/read/{cluster_id}' }
    expect(gatewayEvent(given)).toMatchObject({ rawPath: path })
  })

  it.each([
    ['of a REST API', undefined, '/prod/a', '/prod/a'],
    ['of an HTTP API', '1.0', '/prod/a', '/a'],
  ])('in the old format, %s, is one too', (_, version, path, meant) => {
    const given = { version, path, httpMethod: 'GET', headers: null, body: 'b', requestContext: { stage: 'prod' } }
    expect(gatewayEvent(given)).toMatchObject({ path: meant, body: null })
  })

  it('keeps empty headers, and bears no cookies and nothing that is no header', () => {
    const headers = { 'if-match': '', 'a b': 'c', d: 'e\nf', G: 'h' }
    const made = gatewayEvent({ ...event('/'), headers, cookies: ['a=ü', 'b=🙂'] })
    expect(made).toMatchObject({ headers: { 'if-match': ' ', G: 'h' }, cookies: undefined })
    expect(Object.keys(made.headers ?? {})).toHaveLength(2)
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'hello'],
    ['of something else', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }],
    ['without a method', { version: '2.0', rawPath: '/clusters', requestContext: {} }],
    ['of a method that no route has', event('/clusters', '$default', 'TRACE')],
  ])('that is none but %s asks for what is not there', (_, given) => {
    expect(gatewayEvent(given)).toMatchObject({ rawPath: '/', requestContext: { http: { method: 'GET' } } })
  })

  it('is base64 where it says so', () => {
    const given = (body: string) => ({ ...event('/'), isBase64Encoded: true, body })
    expect(gatewayEvent(given('YWJj'))).toMatchObject({ body: 'YWJj' })
    expect(gatewayEvent(given('YW!'))).toMatchObject({ body: 'YQ==' })
  })

  it('has no body where it only reads', () => {
    expect(gatewayEvent(event('/', '$default', 'GET'))).toMatchObject({ body: null })
    expect(gatewayEvent(event('/', '$default', 'HEAD'))).toMatchObject({ body: null })
  })
})
