import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type HostedFunctions, hostFunctions } from './hosted-functions.ts'

let hosted: HostedFunctions
beforeAll(async () => {
  // What would let keyless callers of this machine in, were it set by mistake where the world may call.
  hosted = await hostFunctions(inject('dist'), { GRIDGATE_INSECURE: '1' })
  await call('clusters/create', { method: 'POST', path: '/clusters/create', body: JSON.stringify(cluster) })
})
afterAll(() => hosted.stop())

const cluster = { id: 'west-1', regionId: 'eu', nodes: { count: 0 } }

interface Asked {
  method?: string
  /** As API Gateway gives it: decoded. */
  path: string
  query?: string
  headers?: Record<string, string>
  cookies?: string[]
  body?: string
  isBase64Encoded?: boolean
  stage?: string
  routeKey?: string
  sourceIp?: string
  keyless?: boolean
}
interface Answer {
  status: number
  headers: Record<string, string>
  isBase64Encoded: boolean
  text: string
  body: Record<string, unknown>
}

/** An event of payload format 2.0, as API Gateway's Developer Guide shows it. */
function eventOf({ method = 'GET', path, query = '', headers = {}, stage = '$default', ...asked }: Asked): unknown {
  const json = asked.body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    version: '2.0',
    routeKey: asked.routeKey ?? '$default',
    rawPath: path,
    rawQueryString: query,
    ...(asked.cookies ? { cookies: asked.cookies } : {}),
    headers: {
      host: 'a1b2.execute-api.eu-west-1.amazonaws.com',
      ...(asked.keyless ? {} : { authorization: `Bearer ${hosted.key}` }),
      ...json,
      ...headers,
    },
    requestContext: {
      accountId: '000000000000',
      apiId: 'a1b2',
      domainName: 'a1b2.execute-api.eu-west-1.amazonaws.com',
      domainPrefix: 'a1b2',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: asked.sourceIp ?? '192.0.2.1', userAgent: 'test' },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: asked.routeKey ?? '$default',
      stage,
      time: '12/Mar/2030:19:03:58 +0000',
      timeEpoch: 1_899_572_638_390,
    },
    ...(asked.body === undefined ? {} : { body: asked.body }),
    isBase64Encoded: asked.isBase64Encoded ?? false,
  }
}

async function call(name: string, asked: Asked): Promise<Answer> {
  const said = await hosted.invoke(name, eventOf(asked))
  const {
    statusCode: status,
    headers,
    body,
    isBase64Encoded,
  } = said as {
    statusCode: number
    headers: Record<string, string>
    body: string
    isBase64Encoded: boolean
  }
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString() : body
  const isJson = headers['content-type']?.includes('json') && text !== ''
  return { status, headers, isBase64Encoded, text, body: isJson ? JSON.parse(text) : {} }
}

const read = (path: string, more: Partial<Asked> = {}): Promise<Answer> => call('clusters/read', { path, ...more })

describe('a path', () => {
  it.each<[string, number, Partial<Asked> & { path: string }]>([
    ['as it is', 200, { path: '/clusters/read/west-1' }],
    ['of a route of its own', 200, { path: '/clusters/read/west-1', routeKey: 'GET /clusters/read/{cluster_id}' }],
    ['behind the name of a stage', 200, { path: '/prod/clusters/read/west-1', stage: 'prod' }],
    ['of a stage behind a custom domain', 200, { path: '/clusters/read/west-1', stage: 'prod' }],
    ['of a stage that is called as it begins', 200, { path: '/clusters/clusters/read/west-1', stage: 'clusters' }],
    [
      'that begins as its stage, which is not in it',
      200,
      { path: '/clusters/read/west-1', stage: 'clusters', routeKey: 'GET /clusters/read/{cluster_id}' },
    ],
    ['that is encoded still', 200, { path: '/clusters/read/west%2D1' }],
    ['with an encoded slash', 400, { path: '/clusters/read/west%2F1' }],
    ['with a decoded slash', 404, { path: '/clusters/read/west/1' }],
    ['with letters of elsewhere', 400, { path: '/clusters/read/wüst-🙂' }],
    ['with a space and a percent sign', 400, { path: '/clusters/read/west 100%' }],
    ['with a decoded question mark, which begins no query', 400, { path: '/clusters/read/west-1?x=1' }],
    ['with a decoded hash, which begins no fragment', 400, { path: '/clusters/read/west-1#x' }],
    ['with a backslash, which is no slash', 400, { path: '/clusters/read/a\\..\\west-1' }],
    ['with dots, which lead nowhere else', 404, { path: '/clusters/read/../delete/west-1' }],
  ])('%s gives %i', async (_, status, { path, ...more }) => {
    const answer = await read(path, more)
    expect(answer.status, answer.text).toBe(status)
    if (status === 200) expect(answer.body.data).toMatchObject({ id: 'west-1' })
    else expect(answer.body).toMatchObject({ success: false, code: expect.stringMatching(/not_found|invalid/) })
  })
})

describe('a query', () => {
  it.each<[string, string, number]>([
    ['encoded', 'limit=%35', 200],
    ['twice the same', 'limit=5&limit=0', 200],
    ['with a plus sign for a space', 'limit=5&cursor=a+b', 400],
    ['that is wrong', 'limit=0', 400],
    ['half encoded', 'limit=5&x=%E0%A4%A', 200],
  ])('%s: %s gives %i', async (_, query, status) => {
    const answer = await call('tasks/list', { path: '/tasks', query })
    expect(answer.status, answer.text).toBe(status)
  })
})

describe('a body', () => {
  const create = (more: Partial<Asked>): Promise<Answer> =>
    call('clusters/create', { method: 'POST', path: '/clusters/create', ...more })

  it('comes as text or as base64, whatever is in it', async () => {
    const plain = JSON.stringify({ ...cluster, id: 'plain', name: 'Zürich 🙂' })
    expect(await create({ body: plain })).toMatchObject({ status: 200 })
    const encoded = Buffer.from(JSON.stringify({ ...cluster, id: 'encoded', name: 'Zürich 🙂' })).toString('base64')
    expect(await create({ body: encoded, isBase64Encoded: true })).toMatchObject({ status: 200 })
    const [one, other] = [await read('/clusters/read/plain'), await read('/clusters/read/encoded')]
    expect((one.body.data as { name: string }).name).toBe((other.body.data as { name: string }).name)
  })

  it.each<[string, number, Partial<Asked>]>([
    ['is missing', 400, {}],
    ['is empty', 400, { body: '' }],
    ['is no JSON', 400, { body: '{' }],
    ['is no base64', 400, { body: '!!!', isBase64Encoded: true }],
    ['has another type', 415, { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['is larger than the endpoint takes', 413, { body: JSON.stringify({ ...cluster, more: 'x'.repeat(5_500_000) }) }],
  ])('that %s gives %i', async (_, status, more) => {
    const answer = await create(more)
    expect(answer.status, answer.text).toBe(status)
    expect(answer.body).toMatchObject({ success: false, code: expect.any(String) })
  })

  it('is not looked at where something is read', async () => {
    expect((await read('/clusters/read/west-1', { body: '{"a":1}' })).status).toBe(200)
  })
})

describe('headers', () => {
  it('that came twice are one with commas: two keys are none', async () => {
    const authorization = `Bearer ${hosted.key},Bearer ${hosted.key}`
    expect(await read('/clusters/read/west-1', { headers: { authorization } })).toMatchObject({ status: 401 })
  })

  it.each<[string, Partial<Asked>]>([
    ['are empty', { headers: { 'if-match': '', 'x-empty': '', 'content-type': '' } }],
    ['are long', { headers: { 'x-long': 'x'.repeat(9_000) } }],
    ['hold letters of elsewhere', { headers: { 'x-name': 'Zürich' } }],
    ['are cookies in a list', { cookies: ['a=1', 'b=2'] }],
    ['are cookies that no header could be', { cookies: ['a=🙂'] }],
    ['name an address of version 6', { sourceIp: '2001:db8::1', headers: { 'x-forwarded-for': '2001:db8::1' } }],
  ])('that %s change nothing', async (_, more) => {
    expect(await read('/clusters/read/west-1', more)).toMatchObject({ status: 200 })
  })
})

describe('an empty header', () => {
  it.each([
    ['idempotency-key', 400, 'request.invalid'],
    ['if-match', 412, 'precondition.failed'],
  ])('%s is not the same as none: nothing is written', async (name, status, code) => {
    const body = JSON.stringify({ ...cluster, id: `empty-${name}` })
    const answer = await call('clusters/create', {
      ...{ method: 'POST', path: '/clusters/create', body, headers: { [name]: '' } },
    })
    expect(answer).toMatchObject({ status, body: { code } })
    expect((await read(`/clusters/read/empty-${name}`)).status).toBe(404)
  })
})

/** An event of payload format 1.0, as API Gateway's console makes one where a method is tried. */
const tried = (more: object): unknown => ({
  ...{ resource: '/', path: '/clusters/read/west-1', httpMethod: 'GET', headers: null, multiValueHeaders: null },
  ...{ queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, body: null },
  requestContext: {
    ...{ stage: 'test-invoke-stage', domainName: 'testPrefix.testDomainName', httpMethod: 'GET', path: '/' },
    identity: { sourceIp: 'test-invoke-source-ip', userAgent: 'aws-internal/3' },
  },
  isBase64Encoded: false,
  ...more,
})

describe('an event of another kind', () => {
  it.each<[string, () => unknown, number]>([
    ['a trial without a key', () => tried({}), 401],
    ['a trial with one', () => tried({ headers: { Authorization: `Bearer ${hosted.key}` }, body: '{}' }), 200],
    ['one without a request', () => ({ source: 'aws.events', 'detail-type': 'Scheduled Event' }), 404],
    ['no event', () => null, 404],
  ])('%s is answered with %i', async (_, event, status) => {
    const answer = await hosted.invoke('clusters/read', event())
    expect(answer).toMatchObject({ statusCode: status, isBase64Encoded: false, body: expect.stringContaining('{') })
    expect(answer.headers).toMatchObject({ 'content-type': expect.stringMatching(/json$/) })
  })
})

describe('a caller without a key', () => {
  it.each<[string, Record<string, string>, string]>([
    ['says nothing', {}, '192.0.2.1'],
    [
      'says that it comes from this machine',
      { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1' },
      '192.0.2.1',
    ],
    ['names this machine', { host: 'localhost' }, '192.0.2.1'],
    ['has an address of this machine', { host: '127.0.0.1' }, '127.0.0.1'],
    ['has its address in version 6', { host: '[::1]' }, '::1'],
  ])('is refused when it %s', async (_, headers, sourceIp) => {
    const answer = await read('/clusters/read/west-1', { keyless: true, headers, sourceIp })
    expect(answer).toMatchObject({ status: 401, body: { code: 'auth.missing' } })
  })
})

describe('what no route takes', () => {
  const ask = (asked: Asked): Promise<Answer> => call('system/not-found', { keyless: true, ...asked })

  it.each<[string, Asked, number, string | undefined]>([
    ['a path that is not there', { path: '/nothing' }, 404, undefined],
    ['another method', { method: 'PUT', path: '/clusters/create', body: '{}' }, 405, 'POST'],
    ['another method behind a stage', { method: 'PUT', path: '/prod/clusters/create', stage: 'prod' }, 405, 'POST'],
    ['OPTIONS', { method: 'OPTIONS', path: '/clusters/create' }, 405, 'POST'],
    ['HEAD', { method: 'HEAD', path: '/nothing' }, 404, undefined],
  ])('%s', async (_, asked, status, allow) => {
    const answer = await ask(asked)
    expect([answer.status, answer.headers.allow]).toEqual([status, allow])
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.headers.ratelimit).toMatch(/^"default";r=\d+;t=\d+$/)
  })

  it('HEAD of something readable has the headers and no body', async () => {
    const answer = await read('/clusters/read/west-1', { method: 'HEAD' })
    expect([answer.status, answer.text]).toEqual([200, ''])
  })
})

describe('a reply', () => {
  it('of text is text, of a page what the page is', async () => {
    expect(await read('/clusters/read/west-1')).toMatchObject({ isBase64Encoded: false })
    const page = await call('system/docs', { path: '/docs', keyless: true })
    expect(page).toMatchObject({
      status: 200,
      isBase64Encoded: false,
      text: expect.stringContaining('<!doctype html>'),
    })
    const script = await call('system/docs', { path: '/docs/swagger-ui-bundle.js', keyless: true })
    expect(script.status).toBe(200)
    expect(script.text.length).toBeGreaterThan(1_000_000)
  })

  it('that takes more as text than a function may answer goes as base64, and what is too much for that as pages', async () => {
    const blob = '"'.repeat(180_000)
    for (let index = 0; index < 14; index++) {
      const body = JSON.stringify({ ...cluster, id: `large-${index}`, clusterMetadata: { blob } })
      expect(await call('clusters/create', { method: 'POST', path: '/clusters/create', body })).toMatchObject({
        status: 200,
      })
    }
    const answer = await call('clusters/list', { path: '/clusters', query: 'limit=500' })
    expect(answer).toMatchObject({ status: 200, isBase64Encoded: true, body: { next_cursor: expect.any(String) } })
  })

  it('that is large still fits', async () => {
    const answer = await call('system/openapi', { path: '/openapi.json', keyless: true })
    expect(answer.body).toMatchObject({ openapi: '3.1.0' })
  })
})
