import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import { del, get, post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { fallback } from '@gridgate/http/fallback'
import { Reply } from '@gridgate/http/reply'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type World, world } from '../../../test/world.ts'

let calls = 0
const echo = endpoint(
  post('/things/{cluster_id}', {
    summary: 'Echo',
    access: 'cluster-manager',
    params: z.object({ cluster_id: z.string().max(8) }),
    query: z.object({ limit: z.coerce.number().int().optional() }),
    body: z.looseObject({ size: z.number().max(5).optional() }),
    bodyBytesMax: 1000,
    returns: z.json(),
  }),
  (_ports: object, { body, params }) => {
    calls++
    if (params.cluster_id === 'boom') throw new Error('a secret: hunter2')
    if (params.cluster_id === 'busy') throw new GridError('task.running', 'busy', { retryAfterSeconds: 7 })
    return new Reply(body, { version: 3 })
  },
)

const send = (
  w: World,
  body: string,
  options: { path?: string; headers?: Record<string, string>; method?: string } = {},
) =>
  echo.app(w.ports).request(options.path ?? '/things/west-1', {
    method: options.method ?? 'POST',
    body,
    headers: { 'content-type': 'application/json', ...options.headers },
  })

beforeEach(() => {
  calls = 0
})

describe('a request body', () => {
  it.each([
    { when: 'it is cut off', body: '{"a": ', code: 'request.malformed_json', details: { position: { line: 1 } } },
    {
      when: 'a comma is too much',
      body: '{"a": 1,\n}',
      code: 'request.malformed_json',
      details: { position: { line: 2, column: 1 } },
    },
    {
      when: 'a word stands in it',
      body: '{"a": x}',
      code: 'request.malformed_json',
      details: { position: { offset: 6 } },
    },
    { when: 'it is nested too deep', body: `${'['.repeat(200)}${']'.repeat(200)}`, code: 'request.unsafe_json' },
    {
      when: 'a key is __proto__',
      body: '{"a": {"__proto__": {"x": 1}}}',
      code: 'request.unsafe_json',
      details: { pointer: '/a' },
    },
    { when: 'a text holds NUL', body: '{"a": "x\\u0000"}', code: 'request.unsafe_json', details: { pointer: '/a' } },
    { when: 'a text holds a lone surrogate', body: '{"a": "\\ud800"}', code: 'request.unsafe_json' },
    { when: 'a key holds NUL', body: '{"a\\u0000": 1}', code: 'request.unsafe_json' },
    {
      when: 'a value is out of bounds',
      body: '{"size": 9}',
      code: 'request.invalid',
      details: { problems: [{ in: 'body', pointer: '/size' }] },
    },
    { when: 'it is no object', body: '[]', code: 'request.invalid' },
    { when: 'it is missing', body: '', code: 'request.invalid' },
  ])('is refused with 400 when $when', async ({ body, code, details }) => {
    const response = await send(world(), body)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({ code, success: false, ...(details ? { details } : {}) })
    expect(calls).toBe(0)
  })

  it('of more bytes than allowed is 413, whatever Content-Length says', async () => {
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(600).fill(32))
      },
    })
    const request = new Request('http://x/things/west-1', {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit)
    const response = await echo.app(world().ports).request(request)
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([413, 'request.too_large'])
  })

  it('of another media type is 415 and says what to send', async () => {
    const response = await send(world(), '{}', { headers: { 'content-type': 'text/xml' } })
    expect(response.status).toBe(415)
    expect(await response.json()).toMatchObject({
      code: 'request.media_type',
      detail: expect.stringContaining('Content-Type'),
    })
  })

  it('that is not UTF-8 is refused', async () => {
    const response = await echo.app(world().ports).request('/things/west-1', {
      method: 'POST',
      body: new Uint8Array([0x7b, 0xff, 0x7d]),
      headers: { 'content-type': 'application/json' },
    })
    expect(await response.json()).toMatchObject({ code: 'request.malformed_json' })
  })
})

describe('a failure', () => {
  it('that nobody listed is a bare 500: its text stays inside', async () => {
    const response = await send(world(), '{}', { path: '/things/boom' })
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ code: 'internal', type: 'urn:gridgate:error:internal' })
    expect(text).not.toContain('hunter2')
  })

  it('says when to try again', async () => {
    const response = await send(world(), '{}', { path: '/things/busy' })
    expect([response.status, response.headers.get('retry-after')]).toEqual([409, '7'])
  })
})

describe('a reply', () => {
  it('carries data, version and request id', async () => {
    const response = await send(world(), '{"size": 2}')
    expect(await response.json()).toEqual({ success: true, data: { size: 2 } })
    expect(response.headers.get('etag')).toBe('"3"')
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('callers', () => {
  const as = (role: Caller['role'], clusters: Caller['clusters'] = '*'): Caller => ({ id: role, role, clusters })
  it.each([
    { caller: as('viewer'), status: 403, code: 'auth.forbidden' },
    { caller: as('service'), status: 403, code: 'auth.forbidden' },
    { caller: as('cluster-manager', ['east-1']), status: 404, code: 'cluster.not_found' },
    { caller: as('cluster-manager', ['west-1']), status: 200, code: undefined },
    { caller: as('network-admin'), status: 200, code: undefined },
  ])('$caller.role of $caller.clusters gets $status', async ({ caller, status, code }) => {
    const response = await send(world({}, caller), '{}')
    expect(response.status).toBe(status)
    expect(((await response.json()) as { code?: string }).code).toBe(code)
  })
})

describe('a refused credential', () => {
  it.each([
    ['auth.missing', 401, 'Bearer realm="gridgate"'],
    ['auth.invalid', 401, 'Bearer realm="gridgate", error="invalid_token"'],
    ['auth.forbidden', 403, 'Bearer realm="gridgate", error="insufficient_scope"'],
  ] as const)('with %s is told what to bring', async (code, status, challenge) => {
    const identify = async (): Promise<never> => {
      throw new GridError(code, 'refused')
    }
    const response = await send(world({ authenticator: { identify } }), '{}')
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([status, challenge])
  })
})

describe('an Idempotency-Key', () => {
  const key = { 'idempotency-key': 'k-1' }

  it('gives the same answer again and runs the work once', async () => {
    const w = world()
    const first = await send(w, '{"size": 1}', { headers: key })
    const second = await send(w, '{"size": 1}', { headers: key })
    expect(await second.text()).toBe(await first.text())
    expect([second.status, second.headers.get('idempotent-replayed'), calls]).toEqual([200, 'true', 1])
  })

  it('with another body is 422', async () => {
    const w = world()
    await send(w, '{"size": 1}', { headers: key })
    const second = await send(w, '{"size": 2}', { headers: key })
    expect([second.status, ((await second.json()) as { code: string }).code, calls]).toEqual([
      422,
      'idempotency.mismatch',
      1,
    ])
  })

  it('with another query is 422, not the answer to the first one', async () => {
    const w = world()
    await send(w, '{}', { path: '/things/west-1?limit=1', headers: key })
    const second = await send(w, '{}', { path: '/things/west-1?limit=2', headers: key })
    expect([second.status, ((await second.json()) as { code: string }).code, calls]).toEqual([
      422,
      'idempotency.mismatch',
      1,
    ])
  })

  it('replays a refusal, but not a failure of ours', async () => {
    const w = world()
    await send(w, '{}', { path: '/things/busy', headers: key })
    await send(w, '{}', { path: '/things/busy', headers: key })
    expect(calls).toBe(1)
    await send(w, '{}', { path: '/things/boom', headers: { 'idempotency-key': 'k-2' } })
    await send(w, '{}', { path: '/things/boom', headers: { 'idempotency-key': 'k-2' } })
    expect(calls).toBe(3)
  })

  it('belongs to its caller', async () => {
    const w = world()
    await send(w, '{"size": 1}', { headers: key })
    const identify = async (): Promise<Caller> => ({ id: 'other', role: 'network-admin', clusters: '*' })
    const other: World['ports'] = Object.create(w.ports, { authenticator: { value: { identify } } })
    await echo.app(other).request('/things/west-1', {
      method: 'POST',
      body: '{"size": 1}',
      headers: { 'content-type': 'application/json', ...key },
    })
    expect(calls).toBe(2)
  })

  it('of two requests at once lets one work; the other is told to wait', async () => {
    const w = world()
    const answers = await Promise.all([1, 2].map(() => send(w, '{"size": 1}', { headers: key })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(calls).toBe(1)
  })

  it('that is empty or too long is refused', async () => {
    for (const bad of ['a b', 'x'.repeat(256)]) {
      const response = await send(world(), '{}', { headers: { 'idempotency-key': bad } })
      expect(((await response.json()) as { code: string }).code).toBe('request.invalid')
    }
  })

  it('keeps replies longer than a table row', async () => {
    const w = world()
    const large = endpoint(post('/large', { summary: 'Large', access: 'viewer', returns: z.string() }), () =>
      'ä'.repeat(450_000),
    )
    const call = () => large.app(w.ports).request('/large', { method: 'POST', headers: key })
    expect(await (await call()).text()).toBe(await (await call()).text())
  })
})

describe('what no endpoint takes', () => {
  const rest = fallback(
    [
      { method: 'GET', path: '/tasks/{id}' },
      { method: 'POST', path: '/tasks/{id}/cancel' },
      { method: 'DELETE', path: '/tasks/{id}' },
    ],
    ['/task'],
  )

  it.each([
    { method: 'GET', path: '/nothing', status: 404, allow: null },
    { method: 'GET', path: '/tasks/', status: 404, allow: null },
    { method: 'POST', path: '/tasks/1', status: 405, allow: 'DELETE, GET' },
    { method: 'OPTIONS', path: '/tasks/1/cancel', status: 405, allow: 'POST' },
    { method: 'POST', path: '/task', status: 405, allow: '' },
  ])('$method $path is $status', async ({ method, path, status, allow }) => {
    const response = await rest.app(world().ports).request(path, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow])
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })
})

describe('If-Match', () => {
  const seen = endpoint(
    get('/version', { summary: 'Version', access: 'viewer', returns: z.number().nullable() }),
    (_ports: object, { ifMatch }) => ifMatch,
  )
  it.each([
    ['"3"', 3],
    ['3', 3],
    ['*', null],
  ])('%s is version %s', async (header, version) => {
    const response = await seen.app(world().ports).request('/version', { headers: { 'if-match': header } })
    expect(await response.json()).toEqual({ success: true, data: version })
  })

  it('of another service never matches', async () => {
    const response = await seen.app(world().ports).request('/version', { headers: { 'if-match': '"abc"' } })
    expect(response.status).toBe(412)
  })

  it.each([
    ['GET', 200],
    ['DELETE', 412],
  ] as const)('that is empty guards a %s: %i', async (method, status) => {
    let done = 0
    const define = method === 'GET' ? get : del
    const change = endpoint(define('/version', { summary: 'x', access: 'viewer', returns: z.number() }), () => ++done)
    const asked = { method, headers: { 'if-match': '' } }
    expect((await change.app(world().ports).request('/version', asked)).status).toBe(status)
    expect(done).toBe(status === 200 ? 1 : 0)
  })
})
