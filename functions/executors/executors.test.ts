import { readFileSync } from 'node:fs'
import type { Caller } from '@gridgate/core/caller'
import { describe, expect, it } from 'vitest'
import { call } from '../../test/call-endpoint.ts'
import { addExecutorTo, executorWorld } from '../../test/executor-world.ts'
import { addCluster, publish } from '../../test/policy-world.ts'
import { type World, world } from '../../test/world.ts'
import { addExecutor } from './create.ts'
import { deleteExecutor } from './delete.ts'
import { runOnExecutor } from './execute.ts'
import { findExecutors } from './query.ts'
import { showExecutor } from './read.ts'
import { changeExecutor } from './update.ts'

const fixtures = new URL('../../packages/core/src/executor/fixtures/', import.meta.url)
const fixture = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'))
const documented = fixture('executor-001-documented.json')
const path = '/executor/executor-001'

describe('POST /executor', () => {
  it('takes the documented sample, and says that it has no address yet', async () => {
    const w = world()
    const { status, etag, body } = await call(w, addExecutor, '/executor', documented)
    expect({ status, etag }).toEqual({ status: 200, etag: '"1"' })
    expect(body).toMatchObject({
      success: true,
      data: { ...documented, executor_host_uri: '', executor_status: 'healthy' },
      warnings: [{ code: 'executor.unreachable', pointer: '/executor_host_uri' }],
    })
    expect((await call(w, showExecutor, path)).body.data).toEqual(body.data)
  })

  it.each([
    ['cluster_public_ip', '203.0.113.20', 'http://203.0.113.20:30900'],
    ['cluster_public_ip', '2001:db8::7', 'http://[2001:db8::7]:30900'],
    ['executor_host_uri', 'https://example.com:32000/executor/executor-001', undefined],
  ])('derives its address from %s %s, as the original does', async (name, value, uri = value) => {
    const { body } = await call(world(), addExecutor, '/executor', { ...documented, [name]: value })
    expect(body.data).toMatchObject({ executor_host_uri: uri })
    expect(body.data).not.toHaveProperty('cluster_public_ip')
    expect(body).not.toHaveProperty('warnings')
  })

  it('ignores what the system writes, and says so', async () => {
    const given = { ...documented, executor_host_uri: 'http://198.51.100.7', executor_status: 'broken', _id: 'x' }
    const { body } = await call(world(), addExecutor, '/executor', given)
    expect(body.data?.executor_status).toBe('healthy')
    expect(body.data).not.toHaveProperty('_id')
    expect(body.warnings?.map(({ pointer }) => pointer)).toEqual(['/_id', '/executor_status'])
  })

  it.each([
    ['no id', { executor_id: undefined }, 400, 'request.invalid'],
    ['an id that names no Kubernetes object', { executor_id: 'Executor_1' }, 400, 'request.invalid'],
    ['a host name as public address', { cluster_public_ip: 'example.com' }, 400, 'request.invalid'],
    ['an address with a password', { executor_host_uri: 'http://a:b@example.com' }, 400, 'request.invalid'],
    ['another scheme', { executor_host_uri: 'file:///etc/passwd' }, 400, 'request.invalid'],
    ['a metadata address', { executor_host_uri: 'http://169.254.169.254/latest' }, 400, 'address.refused'],
    ['a private address', { cluster_public_ip: '10.0.0.1' }, 400, 'address.refused'],
  ])('refuses %s', async (_, more, status, code) => {
    const w = world()
    const refused = await call(w, addExecutor, '/executor', { ...documented, ...more })
    expect(refused).toMatchObject({ status, body: { code, success: false } })
    expect(w.snapshot()).toEqual([])
  })

  it('never takes an id twice', async () => {
    const w = world()
    await addExecutorTo(w)
    const before = w.snapshot()
    const refused = await call(w, addExecutor, '/executor', documented)
    expect(refused).toMatchObject({ status: 409, body: { code: 'executor.exists' } })
    expect(w.snapshot()).toEqual(before)
  })
})

describe('PUT /executor/{executor_id}', () => {
  it.each([
    ['one field', { executor_metadata: { a: 1 } }],
    ['$set', { $set: { executor_metadata: { a: 1 } } }],
    ['the whole entry', { ...documented, executor_status: 'healthy', executor_metadata: { a: 1 } }],
  ])('changes by %s', async (_, change) => {
    const w = world()
    await addExecutorTo(w)
    const { etag, body } = await call(w, changeExecutor, path, change, { 'if-match': '"1"' })
    expect(etag).toBe('"2"')
    expect(body.data).toMatchObject({
      executor_metadata: { a: 1 },
      executor_host_uri: 'http://198.51.100.7:30900',
    })
  })

  it.each([
    ['its id', { executor_id: 'other' }, {}, 403, 'field.system_owned'],
    ['its status', { executor_status: 'broken' }, {}, 403, 'field.system_owned'],
    ['its address to a refused one', { executor_host_uri: 'http://127.0.0.1' }, {}, 400, 'address.refused'],
    ['another version', {}, { 'if-match': '"7"' }, 412, 'precondition.failed'],
  ])('refuses to change %s', async (_, change, headers, status, code) => {
    const w = world()
    await addExecutorTo(w)
    const before = w.snapshot()
    expect(await call(w, changeExecutor, path, change, headers)).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual(before)
  })

  it('creates nothing', async () => {
    const w = world()
    expect(await call(w, changeExecutor, path, documented)).toMatchObject({ status: 404 })
    expect(w.snapshot()).toEqual([])
  })
})

describe('DELETE /executor/{executor_id}', () => {
  it('removes, and the second time is 404', async () => {
    const w = world()
    await addExecutorTo(w)
    expect((await call(w, deleteExecutor, path)).body).toEqual({
      success: true,
      data: { message: 'Executor deleted', executor_id: 'executor-001' },
    })
    expect(await call(w, deleteExecutor, path)).toMatchObject({ status: 404, body: { code: 'executor.not_found' } })
  })

  it.each([
    [
      'the network runs its policies there',
      async (w: World) => {
        await w.ports.policyExecution.replace({ mode: 'remote', executor_id: 'executor-001' }, 0)
      },
      { used_by: [{ level: 'network', cluster_id: null }] },
    ],
    [
      'a cluster does',
      async (w: World) => {
        const { cluster, version } = await addCluster(w, 'west-1')
        const config = { policyExecutionMode: 'remote', policyExecutorId: 'executor-001' }
        await w.ports.clusters.replace({ ...cluster, config }, version)
      },
      { used_by: [{ level: 'cluster', cluster_id: 'west-1' }] },
    ],
    [
      'its infrastructure stands',
      async (w: World) => {
        const stored = await w.ports.executors.find('executor-001' as never)
        if (stored) await w.ports.executors.replace({ ...stored, system: { ...stored.system, infra: 'present' } })
      },
      { infra: 'present' },
    ],
  ])('refuses while %s', async (_, use, details) => {
    const w = world()
    await addExecutorTo(w)
    await use(w)
    const before = w.snapshot()
    const refused = await call(w, deleteExecutor, path)
    expect(refused).toMatchObject({ status: 409, body: { code: 'executor.in_use', details } })
    expect(w.snapshot()).toEqual(before)
  })
})

describe('POST /executor/query', () => {
  it.each([
    ['bare', { 'executor_metadata.country': 'US' }],
    ['under query', { query: { 'executor_metadata.country': 'US' } }],
  ])('finds by a filter %s, page by page', async (_, filter) => {
    const w = world()
    for (const id of ['a', 'b', 'c'])
      await addExecutorTo(w, id, { executor_metadata: { country: id === 'b' ? 'DE' : 'US' } })
    const first = await call(w, findExecutors, '/executor/query', { ...filter, limit: 1 })
    expect(first.body.data).toMatchObject([{ executor_id: 'a' }])
    const { body } = await call(w, findExecutors, '/executor/query', { ...filter, cursor: first.body.next_cursor })
    expect(body).toMatchObject({ data: [{ executor_id: 'c' }], next_cursor: null })
  })
})

describe('POST /executor/{executor_id}/execute_policy', () => {
  const at = `${path}/execute_policy`

  it("gives a policy's output, whatever its shape, under the one merge rule (29)", async () => {
    const w = executorWorld()
    await addExecutorTo(w)
    const uri = await publish(w, 'echoArguments', { policy_parameters: { a: 1, b: 2 }, policy_settings: { s: 1 } })
    const body = { policy_rule_uri: uri, input_data: { ip: '10.0.0.1' }, parameters: { b: 3 } }
    const answered = await call(w, runOnExecutor, at, body)
    expect(answered).toMatchObject({ status: 200, body: { success: true } })
    expect(w.asked).toMatchObject([
      {
        executorId: 'executor-001',
        request: { tenant: 'test:test-admin', parameters: { a: 1, b: 3 }, settings: { s: 1 }, expects: 'any' },
      },
    ])
  })

  it.each([
    ['the executor', '/executor/ghost/execute_policy', {}, 404, 'executor.not_found'],
    ['the policy', at, { policy_rule_uri: 'ghost:1-test' }, 404, 'policy.not_found'],
    ['the input', at, { input_data: undefined }, 400, 'request.invalid'],
    ['anything in the input', at, { input_data: '' }, 400, 'request.invalid'],
  ])('runs nothing without %s', async (_, where, given, status, code) => {
    const w = executorWorld()
    await addExecutorTo(w)
    const body = { policy_rule_uri: await publish(w, 'admit'), input_data: { ip: 'x' }, ...given }
    expect(await call(w, runOnExecutor, where, body)).toMatchObject({ status, body: { code } })
    expect(w.asked).toEqual([])
  })

  it.each([
    ['executor.unreachable', 503],
    ['executor.timeout', 504],
    ['policy.crashed', 503],
  ] as const)('answers a failure as a failure: %s', async (code, status) => {
    const w = executorWorld()
    await addExecutorTo(w)
    const uri = await publish(w, 'admit')
    w.answer({ ok: false, code, message: 'it was so', line: 3, log: 'printed', durationMs: 2 })
    const failed = await call(w, runOnExecutor, at, { policy_rule_uri: uri, input_data: { ip: 'x' } })
    expect(failed).toMatchObject({ status, body: { code, success: false, details: { line: 3, log: 'printed' } } })
  })

  it("never runs another cluster's policy for a caller who does not see it", async () => {
    const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }
    const w = executorWorld(manager)
    await addExecutorTo(w)
    const uri = await publish(w, 'admit', { cluster_id: 'east-1' })
    const body = { policy_rule_uri: uri, input_data: { a: 1 } }
    expect(await call(w, runOnExecutor, at, body)).toMatchObject({ status: 404, body: { code: 'policy.not_found' } })
    expect(w.asked).toEqual([])
  })
})
