import { createApiKey, keysMax } from '@gridgate/core/auth/api-key'
import { keyAuthenticator } from '@gridgate/core/auth/identify-caller'
import { keySecondsMax } from '@gridgate/core/auth/remember-keys'
import type { Caller } from '@gridgate/core/caller'
import { describe, expect, it } from 'vitest'
import { type Answer, call } from '../../test/call-endpoint.ts'
import { type World, world } from '../../test/world.ts'
import { addKey } from './create.ts'
import { getKeys } from './list.ts'
import { endKey } from './revoke.ts'

const viewer = { name: 'dashboard', role: 'viewer' }

async function made(w: World, body: unknown): Promise<{ key_id: string; key: string }> {
  const { status, body: reply } = await call(w, addKey, '/keys', body)
  expect(status).toBe(200)
  return reply.data as { key_id: string; key: string }
}

/** Who calls with a key, or the code of the refusal. */
const identify = (w: World, key: string): Promise<Caller | string> =>
  keyAuthenticator(w.ports, { insecure: false })
    .identify({ authorization: `Bearer ${key}`, fromThisMachine: false, method: 'GET', path: '/' })
    .catch((error: { code: string }) => error.code)

/** Refuses, and changes nothing. */
async function refuses(w: World, asking: () => Promise<Answer>, status: number, code: string): Promise<void> {
  const before = w.snapshot()
  expect(await asking()).toMatchObject({ status, body: { code, success: false } })
  expect(w.snapshot()).toEqual(before)
}

/** A world that the bearer of a key of its own calls. */
async function worldOf(role: Caller['role']): Promise<World & { caller: Caller }> {
  const caller = { id: '', role, clusters: '*' as const }
  const w = world({}, caller)
  caller.id = (await createApiKey(w.ports, { name: 'own', role, clusters: '*', expiresAt: null })).stored.keyId
  return { ...w, caller }
}

describe('POST /keys', () => {
  it.each([
    [viewer, '*'],
    [{ name: 'ops', role: 'network-admin' }, '*'],
    [{ name: 'west', role: 'cluster-manager', clusters: ['west-1', 'west-1', 'west-2'] }, ['west-1', 'west-2']],
    [{ name: 'alertmanager', role: 'service', clusters: '*' }, '*'],
  ])('makes a key that calls as what was asked for: %j', async (body, clusters) => {
    const w = world()
    const { key_id, key } = await made(w, body)
    expect(await identify(w, key)).toEqual({ id: key_id, role: body.role, clusters })
    expect(JSON.stringify(w.snapshot())).not.toContain(key)
  })

  it('makes one that ends when it says, and is listed for a while after', async () => {
    const w = world()
    const { key } = await made(w, { ...viewer, expires_at: '2030-01-01T02:00:00+01:00' })
    w.pass(3_599_999)
    expect(await identify(w, key)).toMatchObject({ role: 'viewer' })
    w.pass(1)
    expect(await identify(w, key)).toBe('auth.invalid')
    expect((await call(w, getKeys, '/keys')).body.data).toMatchObject([{ expires_at: '2030-01-01T01:00:00.000Z' }])
  })

  it.each([
    ['no clusters for who manages some', { name: 'a', role: 'cluster-manager' }],
    ['all clusters for who manages some', { name: 'a', role: 'cluster-manager', clusters: '*' }],
    ['no clusters for a service', { name: 'a', role: 'service' }],
    ['named clusters for the network', { name: 'a', role: 'network-admin', clusters: ['west-1'] }],
    ['an empty list', { ...viewer, clusters: [] }],
    ['what is no cluster id', { ...viewer, clusters: ['West 1'] }],
    ['too many clusters', { ...viewer, clusters: Array.from({ length: 101 }, (_, index) => `c-${index}`) }],
    ['another role', { name: 'a', role: 'root' }],
    ['a misspelt field', { ...viewer, expiresAt: '2030-02-01T00:00:00Z' }],
    ['an expiry that is over', { ...viewer, expires_at: '2030-01-01T00:00:00Z' }],
    ['an expiry in more than five years', { ...viewer, expires_at: '2035-01-01T00:00:01Z' }],
  ])('refuses %s', async (_, body) => {
    const w = world()
    await refuses(w, () => call(w, addKey, '/keys', body), 400, 'request.invalid')
  })

  it('refuses more keys than there may be', async () => {
    const w = world()
    for (let count = 0; count < keysMax; count++)
      await createApiKey(w.ports, { name: 'a', role: 'viewer', clusters: '*', expiresAt: null })
    await refuses(w, () => call(w, addKey, '/keys', viewer), 409, 'key.too_many')
  })

  it('never shows a key again, whatever Idempotency-Key says', async () => {
    const w = world()
    const headers = { 'idempotency-key': 'once' }
    const { body } = await call(w, addKey, '/keys', viewer, headers)
    const again = await call(w, addKey, '/keys', viewer, headers)
    expect(again).toMatchObject({ status: 409, body: { code: 'idempotency.not_replayable' } })
    expect(JSON.stringify(w.snapshot())).not.toContain(body.data?.key)
  })
})

describe('GET /keys', () => {
  it('tells everything but the keys and their hashes, page by page', async () => {
    const w = world()
    const ids = [(await made(w, viewer)).key_id, (await made(w, viewer)).key_id].sort()
    const first = await call(w, getKeys, '/keys?limit=1')
    expect(first.body.data).toEqual([
      { ...viewer, key_id: ids[0], clusters: '*', created_at: '2030-01-01T00:00:00.000Z', expires_at: null },
    ])
    const second = await call(w, getKeys, `/keys?limit=1&cursor=${first.body.next_cursor}`)
    expect(second.body).toMatchObject({ data: [{ key_id: ids[1] }], next_cursor: null })
  })
})

describe('DELETE /keys/{key_id}', () => {
  it('ends a key, which is refused once nobody remembers it any more', async () => {
    const w = world()
    const { key_id, key } = await made(w, viewer)
    expect(await identify(w, key)).toMatchObject({ id: key_id })
    expect(await call(w, endKey, `/keys/${key_id}`)).toMatchObject({ status: 200, body: { data: { key_id } } })
    w.pass(keySecondsMax * 1000)
    expect(await identify(w, key)).toBe('auth.invalid')
    await refuses(w, () => call(w, endKey, `/keys/${key_id}`), 404, 'key.not_found')
  })

  it('leaves the last network admin its key', async () => {
    const w = await worldOf('network-admin')
    const path = `/keys/${w.caller.id}`
    await made(w, viewer)
    await made(w, { name: 'short', role: 'network-admin', expires_at: '2030-01-01T01:00:00Z' })
    w.pass(3_600_000)
    await refuses(w, () => call(w, endKey, path), 409, 'key.last_admin')
    const { key_id: heir } = await made(w, { name: 'heir', role: 'network-admin' })
    expect(await call(w, endKey, path)).toMatchObject({ status: 200 })
    expect((await call(w, getKeys, '/keys')).body.data).toContainEqual(expect.objectContaining({ key_id: heir }))
  })

  it('leaves one of two network admins that end their own keys at once', async () => {
    const w = await worldOf('network-admin')
    const mine = w.caller.id
    const { key_id: theirs } = await made(w, { name: 'other', role: 'network-admin' })
    const others = { ...w, ports: Object.create(w.ports, { authenticator: { value: as(theirs) } }) as World['ports'] }
    const answers = await Promise.all([call(w, endKey, `/keys/${mine}`), call(others, endKey, `/keys/${theirs}`)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect((await call(w, getKeys, '/keys')).body.data).toHaveLength(1)
  })
})

const as = (id: string) => ({ identify: async (): Promise<Caller> => ({ id, role: 'network-admin', clusters: '*' }) })
