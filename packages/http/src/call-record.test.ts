import { createHash } from 'node:crypto'
import { canonicalJson } from '@gridgate/core/audit/chain'
import { GridError } from '@gridgate/core/errors'
import type { Needs, Ports } from '@gridgate/core/ports'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { addCluster as registration } from '../../../functions/clusters/create.ts'
import { changeCluster } from '../../../functions/clusters/update.ts'
import { endKey } from '../../../functions/keys/revoke.ts'
import { call } from '../../../test/call-endpoint.ts'
import { addCluster, guard, policyWorld, publish } from '../../../test/policy-world.ts'
import { world } from '../../../test/world.ts'
import { get, post } from './define-route.ts'
import { endpoint } from './endpoint.ts'

const path = '/clusters/update/west-1'
const change = { 'clusterMetadata.owner': 'a-text-that-is-not-kept' }
const digest = (value: unknown): string => createHash('sha256').update(canonicalJson(value)).digest('hex')

describe('the entry of a call', () => {
  it('names who asked, what was decided and what changed, by digests', async () => {
    const w = policyWorld()
    const { cluster: before } = await addCluster(w)
    await guard(w, { update_cluster: { policyRuleURI: await publish(w, 'admit') } })
    expect(await call(w, changeCluster, path, change)).toMatchObject({ status: 200 })
    const after = (await w.ports.clusters.find(before.id))?.cluster
    const { items: decisions } = await w.ports.decisions.list({ after: null, limit: 10 })
    expect(w.audit()).toMatchObject([
      {
        ...{ cluster_id: 'west-1', caller_id: 'test-admin', role: 'network-admin', operation: 'clusters/update' },
        ...{ subject: path, status: 200, code: null, task_id: null, decision_ids: decisions.map(({ id }) => id) },
        changes: [{ subject: 'cluster west-1', before_sha256: digest(before), after_sha256: digest(after) }],
      },
    ])
    expect(decisions).toHaveLength(1)
    expect(JSON.stringify(w.audit())).not.toContain('a-text-that-is-not-kept')
  })

  it('names the decision that denied it, and no change', async () => {
    const w = policyWorld()
    await addCluster(w)
    await guard(w, { update_cluster: { policyRuleURI: await publish(w, 'deny') } })
    const before = w.snapshot().filter(({ pk }) => pk.startsWith('CLUSTER#'))
    const { body } = await call(w, changeCluster, path, change)
    expect(w.audit()).toMatchObject([
      { status: 403, code: 'pre_check.denied', decision_ids: [body.details?.decision_id], changes: [] },
    ])
    expect(w.snapshot().filter(({ pk }) => pk.startsWith('CLUSTER#'))).toEqual(before)
  })

  it('is one for a call whose answer is given again', async () => {
    const w = world()
    const headers = { 'idempotency-key': 'once' }
    const body = { id: 'west-1', regionId: 'eu', nodes: { count: 0, nodeData: [] } }
    const first = await call(w, registration, '/clusters/create', body, headers)
    expect(await call(w, registration, '/clusters/create', body, headers)).toEqual(first)
    expect(w.audit()).toMatchObject([{ operation: 'clusters/create', cluster_id: null, status: 200 }])
  })

  it('has the code of a refusal that is kept for a replay', async () => {
    const w = world()
    await call(w, endKey, '/keys/none', undefined, { 'idempotency-key': 'once' })
    await call(w, endKey, '/keys/none', undefined, { 'idempotency-key': 'once' })
    expect(w.audit()).toMatchObject([{ status: 404, code: 'key.not_found' }])
  })

  it('holds no key that somebody puts in the place of its id', async () => {
    const w = world()
    const secret = 'A'.repeat(43)
    await call(w, endKey, `/keys/gg_0123456789ab_${secret}`)
    expect(w.audit()).toMatchObject([{ subject: '/keys/gg_0123456789ab_…' }])
    expect(JSON.stringify(w.audit())).not.toContain(secret)
  })
})

/** Does what its name says. */
const deed = (access: 'viewer' | 'anyone', handle: (ports: Partial<Ports>) => unknown) =>
  endpoint(post('/deed', { operation: 'a/deed', summary: 'Deed', access, returns: z.json() }), handle)

describe('a call', () => {
  it('that changes nothing is answered where there is no audit log to be had, as in the bundle of a GET', async () => {
    const w = world()
    const without = Object.defineProperty(Object.create(w.ports), 'audit', {
      get: () => {
        throw new Error('audit is no part of this bundle')
      },
    })
    const looking = endpoint(get('/look', { summary: 'Look', access: 'viewer', returns: z.json() }), () => 'seen')
    expect(await call({ ...w, ports: without }, looking as never, '/look')).toMatchObject({ status: 200 })
    expect(w.audit()).toEqual([])
  })

  it('that fails in a way nobody listed is told as such', async () => {
    const w = world()
    await call(w, deed('viewer', () => Promise.reject(new Error('a secret: hunter2'))) as never, '/deed')
    expect(w.audit()).toMatchObject([{ status: 500, code: 'internal' }])
    expect(JSON.stringify(w.audit())).not.toContain('hunter2')
  })

  it.each([
    ['leaves an entry once its signature has been believed', () => 'done', [{ caller_id: 'anonymous', role: null }]],
    ['leaves none while nobody is known', () => Promise.reject(new GridError('auth.invalid', 'unsigned')), []],
    ['leaves none for what is not valid either', () => Promise.reject(new GridError('request.invalid', 'odd')), []],
  ])('that anyone may make %s', async (_, handle, entries) => {
    const w = world()
    await call(w, deed('anyone', handle) as never, '/deed')
    expect(w.audit()).toMatchObject(entries)
    expect(w.audit()).toHaveLength(entries.length)
  })

  it('above the rate limit leaves none, or it would fill the log', async () => {
    const full = { take: async () => ({ limit: 1, left: 0, resetSeconds: 9, isExceeded: true }) }
    const w = world({ rateLimiter: full })
    const { status } = await call(w, deed('viewer', () => 'done') as never, '/deed')
    expect([status, w.audit()]).toEqual([429, []])
  })

  it('whose entry cannot be kept is answered all the same, and the whole entry is told in one line', async () => {
    const lines: [string, unknown][] = []
    const log = { info() {}, warn() {}, error: (event: string, fields: unknown) => void lines.push([event, fields]) }
    const audit = { append: () => Promise.reject(new GridError('service.unavailable', 'away')) }
    const w = world({ log, audit: audit as unknown as Ports['audit'] })
    expect(await call(w, deed('viewer', () => 'done') as never, '/deed')).toMatchObject({ status: 200 })
    expect(lines).toMatchObject([['audit.lost', { entry: { operation: 'a/deed', status: 200 } }]])
  })

  it('notes nothing in the entry of another that runs at the same time', async () => {
    const w = world()
    const note = (subject: string) =>
      deed('viewer', async (ports) => {
        await Promise.resolve()
        const { trail } = ports as Needs<'trail'>
        trail.note({ subject, before: null, after: subject })
        return 'done'
      })
    await Promise.all(['one', 'two'].map((subject) => call(w, note(subject) as never, '/deed')))
    const subjects = w.audit().map(({ changes }) => changes.map(({ subject }) => subject))
    expect(subjects.sort()).toEqual([['one'], ['two']])
  })
})
