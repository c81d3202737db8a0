import { readFileSync } from 'node:fs'
import type { Caller } from '@gridgate/core/caller'
import { GridError } from '@gridgate/core/errors'
import type { CodeFetcher } from '@gridgate/core/policy/code-fetcher'
import { describe, expect, it } from 'vitest'
import { type Answer, call } from '../../test/call-endpoint.ts'
import { addCluster, guard, policyWorld, publish } from '../../test/policy-world.ts'
import { archives, broken, scripted } from '../../test/scripted-policies.ts'
import type { World } from '../../test/world.ts'
import { publishPolicy } from './create.ts'
import { deletePolicy } from './delete.ts'
import { findPolicies } from './query.ts'
import { showPolicy } from './read.ts'
import { tryPolicy } from './test.ts'
import { changePolicy } from './update.ts'

const fixtures = new URL('../../packages/core/src/policy/fixtures/', import.meta.url)
const fixture = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8'))
const documented = fixture('policy-ip-allowlist-documented.json')

const minimal = { name: 'p', version: '1.0', release_tag: 'beta', code: scripted.admit.source }
const path = '/policy/p:1.0-beta'

const fetching = (answer: Uint8Array | GridError): { codeFetcher: CodeFetcher } => ({
  codeFetcher: {
    async fetch() {
      if (answer instanceof GridError) throw answer
      return answer
    },
  },
})
const unreachable = fetching(new GridError('remote.unreachable', 'example.com cannot be reached'))

const manager: Caller = { id: 'm', role: 'cluster-manager', clusters: ['west-1'] }

describe('POST /policy', () => {
  it.each([
    'policy-ip-allowlist-documented.json',
    'policy-ip-allowlist-accepted-by-original.json',
  ])('takes the documented sample %s; code that cannot be fetched is a warning (18)', async (name) => {
    const w = policyWorld(unreachable)
    const { status, body } = await call(w, publishPolicy, '/policy', fixture(name))
    expect(status).toBe(200)
    expect(body).toMatchObject({ success: true, data: { ...fixture(name), policy_rule_uri: 'ip_allowlist:1.0-beta' } })
    expect(body.data?.code_digest).toBeNull()
    expect(body.warnings).toMatchObject([{ code: 'policy.code_unavailable' }])
  })

  it('computes the URI, whatever is given', async () => {
    const w = policyWorld()
    const { body } = await call(w, publishPolicy, '/policy', { ...minimal, policy_rule_uri: 'other:1-x' })
    expect(body.data?.policy_rule_uri).toBe('p:1.0-beta')
  })

  it.each([
    ['source', scripted.admit.source],
    ['a zip', archives.zip],
    ['a tar.xz in a data: URL', `data:application/x-xz;base64,${archives.tarXz}`],
  ])('pins %s by digest, and reads it back', async (_, code) => {
    const w = policyWorld()
    const created = await call(w, publishPolicy, '/policy', { ...minimal, code })
    expect(created).toMatchObject({ status: 200, etag: '"1"' })
    expect(created.body.data?.code_digest).toMatch(/^[0-9a-f]{64}$/)
    const read = await call(w, showPolicy, path)
    expect(read.body.data?.code).toBe(code.replace(/^data:.*,/, ''))
  })

  it('fetches a URL once and pins what it got', async () => {
    const w = policyWorld(fetching(Buffer.from(archives.zip, 'base64')))
    await call(w, publishPolicy, '/policy', { ...minimal, code: 'https://example.com/p.zip' })
    const { body } = await call(w, showPolicy, path)
    expect(body.data).toMatchObject({ code: 'https://example.com/p.zip', code_digest: expect.any(String) })
    expect(body).not.toHaveProperty('warnings')
  })

  it.each([
    ['code that does not compile, with its line', { code: broken.syntax }, 400, 'policy.invalid_code', { line: 2 }],
    ['code without the class', { code: broken.classless }, 400, 'policy.invalid_code', { line: null }],
    ['a path on the host', { code: '/srv/policy.zip' }, 400, 'policy.invalid_code', undefined],
    ['another scheme', { code: 'http://example.com/p.zip' }, 400, 'policy.invalid_code', undefined],
    [
      'requirements',
      { code: archives.withRequirements },
      400,
      'policy.requirements',
      { requirements: ['requests==2'] },
    ],
    ['too much code', { code: `#\n${'x'.repeat(256 * 1024)}` }, 413, 'request.too_large', { bytes_max: 262_144 }],
    ['too large an entry', { metadata: { x: 'x'.repeat(310_000) } }, 413, 'request.too_large', { bytes_max: 307_200 }],
    ['a name that is no path segment', { name: 'a/b' }, 400, 'request.invalid', undefined],
    ['another type', { type: 'wasm' }, 400, 'request.invalid', undefined],
    ['a cluster that is not there', { cluster_id: 'east-1' }, 404, 'cluster.not_found', undefined],
  ])('refuses %s', async (_, change, status, code, details) => {
    const w = policyWorld()
    const refused = await call(w, publishPolicy, '/policy', { ...minimal, ...change })
    expect(refused).toMatchObject({ status, body: { code, ...(details ? { details } : {}) } })
    expect(w.snapshot()).toEqual([])
  })

  it.each([
    ['an address that may not be called', new GridError('address.refused', 'no'), 400, 'address.refused'],
    ['too much to fetch', new GridError('remote.too_large', 'no'), 413, 'request.too_large'],
  ])('refuses %s', async (_, error, status, code) => {
    const w = policyWorld(fetching(error))
    const refused = await call(w, publishPolicy, '/policy', { ...minimal, code: 'https://example.com/p' })
    expect(refused).toMatchObject({ status, body: { code } })
    expect(w.snapshot()).toEqual([])
  })

  it('registers a version once', async () => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const before = w.snapshot()
    const again = await call(w, publishPolicy, '/policy', { ...minimal, code: scripted.deny.source })
    expect(again).toMatchObject({ status: 409, body: { code: 'policy.exists' } })
    expect(w.snapshot()).toEqual(before)
  })

  it("lets a cluster's manager register only for clusters of theirs (44, 46)", async () => {
    const w = policyWorld({}, manager)
    await addCluster(w, 'west-1')
    await addCluster(w, 'east-1')
    const owned = (cluster_id: string | null): Promise<Answer> =>
      call(w, publishPolicy, '/policy', { ...minimal, cluster_id })
    expect(await owned(null)).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
    expect(await owned('east-1')).toMatchObject({ status: 404, body: { code: 'cluster.not_found' } })
    expect(await owned('west-1')).toMatchObject({ status: 200, body: { data: { cluster_id: 'west-1' } } })
  })

  it('is audited by digests', async () => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const change = { subject: 'policy p:1.0-beta', before_sha256: null, after_sha256: expect.any(String) }
    expect(w.audit()).toMatchObject([{ operation: 'policies/create', changes: [change] }])
    expect(JSON.stringify(w.audit())).not.toContain('AIOSv1PolicyRule')
  })
})

describe('GET /policy/{policy_rule_uri}', () => {
  it("shows a cluster's policy only to who sees the cluster", async () => {
    const w = policyWorld({}, { ...manager, clusters: ['east-1'] })
    await publish(w, 'admit', { cluster_id: 'west-1' })
    await publish(w, 'deny')
    expect(await call(w, showPolicy, '/policy/admit:1-test')).toMatchObject({
      status: 404,
      body: { code: 'policy.not_found' },
    })
    expect(await call(w, showPolicy, '/policy/deny:1-test')).toMatchObject({ status: 200 })
    expect((await call(w, findPolicies, '/policy/query', {})).body.data).toHaveLength(1)
  })
})

describe('PUT /policy/{policy_rule_uri}', () => {
  it('changes description, metadata, tags, default parameters and settings, bare or under $set', async () => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const change = { description: 'd', metadata: { a: 1 }, tags: 'x,y' }
    const first = await call(w, changePolicy, path, change)
    expect(first).toMatchObject({ status: 200, etag: '"2"', body: { data: change } })
    const second = await call(w, changePolicy, path, {
      $set: { policy_parameters: { n: 1 }, policy_settings: { s: 2 } },
    })
    expect(second.body.data).toMatchObject({ ...change, policy_parameters: { n: 1 }, policy_settings: { s: 2 } })
  })

  it('takes the whole entry back', async () => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const { body } = await call(w, showPolicy, path)
    const again = await call(w, changePolicy, path, { ...body.data, description: 'new' })
    expect(again).toMatchObject({ status: 200, body: { data: { description: 'new' } } })
  })

  it.each([
    ['other code', { code: scripted.deny.source }, ['code']],
    ['a URL for code', { code: 'https://example.com/p.zip' }, ['code']],
    ['another name', { name: 'q' }, ['name']],
    [
      'another schema, and an owner',
      { policy_input_schema: { a: {} }, cluster_id: 'west-1' },
      ['policy_input_schema', 'cluster_id'],
    ],
  ])('refuses %s: publish a new version', async (_, change, fields) => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const before = w.snapshot()
    const refused = await call(w, changePolicy, path, { description: 'x', ...change })
    expect(refused).toMatchObject({ status: 409, body: { code: 'policy.immutable' } })
    expect((refused.body.details?.fields as string[]).toSorted()).toEqual(fields.toSorted())
    expect(w.snapshot()).toEqual(before)
  })

  it('supplies code while none is pinned, once', async () => {
    const w = policyWorld(unreachable)
    await call(w, publishPolicy, '/policy', documented)
    const uri = '/policy/ip_allowlist:1.0-beta'
    const still = await call(w, changePolicy, uri, { code: documented.code })
    expect(still).toMatchObject({ status: 200, body: { warnings: [{ code: 'policy.code_unavailable' }] } })
    const supplied = await call(w, changePolicy, uri, { code: scripted.admit.source })
    expect(supplied).toMatchObject({ status: 200, body: { data: { code_digest: expect.any(String) } } })
    const other = await call(w, changePolicy, uri, { code: scripted.deny.source })
    expect(other).toMatchObject({ status: 409, body: { code: 'policy.immutable' } })
    expect((await call(w, showPolicy, uri)).body.data?.code).toBe(scripted.admit.source)
  })

  it('heeds If-Match', async () => {
    const w = policyWorld()
    await call(w, publishPolicy, '/policy', minimal)
    const before = w.snapshot()
    const refused = await call(w, changePolicy, path, { tags: 'x' }, { 'if-match': '"7"' })
    expect(refused).toMatchObject({ status: 412, body: { code: 'precondition.failed' } })
    expect(w.snapshot()).toEqual(before)
    expect((await call(w, changePolicy, path, { tags: 'x' }, { 'if-match': '"1"' })).status).toBe(200)
  })

  it('answers 404 for a policy that is not there', async () => {
    expect(await call(policyWorld(), changePolicy, path, {})).toMatchObject({
      status: 404,
      body: { code: 'policy.not_found' },
    })
  })
})

describe('DELETE /policy/{policy_rule_uri}', () => {
  it('removes a policy that nothing names', async () => {
    const w = policyWorld()
    await publish(w, 'admit')
    expect(await call(w, deletePolicy, '/policy/admit:1-test')).toMatchObject({ status: 200, body: { success: true } })
    expect(w.snapshot().filter(({ pk }) => pk.startsWith('POLICY#'))).toEqual([])
    expect(await call(w, deletePolicy, '/policy/admit:1-test')).toMatchObject({ status: 404 })
  })

  it('refuses while maps name it, and says which', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'admit')
    await guard(w, { add_node: { policyRuleURI: uri } })
    await addCluster(w, 'west-1', { onScaleUp: uri })
    const before = w.snapshot()
    expect(await call(w, deletePolicy, `/policy/${uri}`)).toMatchObject({
      status: 409,
      body: {
        code: 'policy.in_use',
        details: {
          used_by: [
            { level: 'network', cluster_id: null, action: 'add_node' },
            { level: 'cluster', cluster_id: 'west-1', action: 'onScaleUp' },
          ],
        },
      },
    })
    expect(w.snapshot()).toEqual(before)
  })

  it("is not held up by maps of other clusters, which a cluster's own policy does not guard", async () => {
    const w = policyWorld({}, manager)
    await addCluster(w)
    const uri = await publish(w, 'admit', { cluster_id: 'west-1' })
    await addCluster(w, 'east-1', { onScaleUp: uri })
    await guard(w, { add_node: { policyRuleURI: uri } })
    expect(await call(w, deletePolicy, `/policy/${uri}`)).toMatchObject({ status: 200 })
    expect(await w.ports.policies.find(uri as never)).toBeNull()
  })
})

describe('POST /policy/query', () => {
  const names = ({ body }: Answer): unknown[] =>
    ((body.data ?? []) as unknown as { name: unknown }[]).map(({ name }) => name)

  async function three(): Promise<World> {
    const w = policyWorld()
    for (const [name, tags] of [
      ['admit', 'a'],
      ['deny', 'b'],
      ['tag', 'a'],
    ] as const)
      await publish(w, name, { tags })
    return w
  }

  it('takes a filter bare or under query, and pages', async () => {
    const w = await three()
    expect(names(await call(w, findPolicies, '/policy/query', { tags: 'a' }))).toEqual(['admit', 'tag'])
    expect(names(await call(w, findPolicies, '/policy/query', { query: { tags: { $in: ['b'] } } }))).toEqual(['deny'])
    const first = await call(w, findPolicies, '/policy/query', { limit: 2 })
    expect(names(first)).toEqual(['admit', 'deny'])
    const second = await call(w, findPolicies, '/policy/query', { limit: 2, cursor: first.body.next_cursor })
    expect(names(second)).toEqual(['tag'])
    expect(second.body.next_cursor).toBeNull()
  })

  it('repeats no code, and refuses operators that are not allowed and made-up cursors', async () => {
    const w = await three()
    const { body } = await call(w, findPolicies, '/policy/query', {})
    expect(JSON.stringify(body)).not.toContain('AIOSv1PolicyRule')
    const refused = await call(w, findPolicies, '/policy/query', { $where: 'sleep(1)' })
    expect(refused).toMatchObject({ status: 400, body: { code: 'query.unknown_operator' } })
    const cursor = await call(w, findPolicies, '/policy/query', { cursor: 'made-up' })
    expect(cursor).toMatchObject({ status: 400, body: { code: 'cursor.invalid' } })
  })
})

describe('POST /policies/test', () => {
  it('runs a registered policy on given arguments, and records nothing', async () => {
    const w = policyWorld()
    const uri = await publish(w, 'echoArguments', { policy_parameters: { a: 1, b: 1 } })
    const before = w.snapshot()
    const { status, body } = await call(w, tryPolicy, '/policies/test', {
      policy_rule_uri: uri,
      input_data: {},
      parameters: { b: 2 },
    })
    expect(status).toBe(200)
    expect(body.data).toEqual({
      output: { allowed: true, input_data: { parameters: { a: 1, b: 2, own: true }, settings: {} } },
      duration_ms: 0.5,
      log: '',
    })
    expect(w.snapshot()).toEqual(before)
  })

  it('runs none where it decides, so that what it remembers of a trial decides nothing', async () => {
    const tenants: string[] = []
    const { engine } = policyWorld().ports
    const watched: typeof engine = Object.create(engine, {
      evaluate: {
        value: (asked: Parameters<typeof engine.evaluate>[0]) => {
          tenants.push(asked.tenant)
          return engine.evaluate(asked)
        },
      },
    })
    const w = policyWorld({ engine: watched }, { id: 'm', role: 'cluster-manager', clusters: ['west-1'] })
    await addCluster(w)
    const uris = [await publish(w, 'admit'), await publish(w, 'deny', { cluster_id: 'west-1' })]
    for (const policy_rule_uri of uris)
      await call(w, tryPolicy, '/policies/test', { policy_rule_uri, input_data: { cluster_data: {} } })
    expect(tenants).toEqual(['test:m', 'test:m'])
  })

  it.each([
    ['nested too deep', `${'['.repeat(5000)}1${']'.repeat(5000)}`],
    ['a number without end', '1e400'],
  ])('answers policy.bad_verdict, as it is no fault of ours, to an output that is %s', async (_, inputDataJson) => {
    const { engine } = policyWorld().ports
    const done = { ok: true, allowed: true, inputDataJson, contextJson: '{}', log: '', durationMs: 1 }
    const w = policyWorld({ engine: Object.create(engine, { evaluate: { value: async () => done } }) })
    const trial = { code: scripted.admit.source, input_data: {} }
    expect(await call(w, tryPolicy, '/policies/test', trial)).toMatchObject({
      status: 502,
      body: { code: 'policy.bad_verdict' },
    })
    expect(w.snapshot()).toEqual([])
  })

  it('runs code at hand, on a given context, and shows what it printed', async () => {
    const w = policyWorld()
    const trial = (code: string, more = {}): Promise<Answer> =>
      call(w, tryPolicy, '/policies/test', { code, input_data: {}, ...more })
    expect((await trial(scripted.chatty.source)).body.data?.log).toBe('asked\n')
    expect((await trial(scripted.none.source)).body.data?.output).toBeNull()
    const counted = await trial(scripted.count.source, { context: { runs: 2 } })
    expect(counted.body.data?.output).toEqual({ allowed: false, input_data: 'run 3 is too many' })
    expect(w.snapshot()).toEqual([])
  })

  it.each([
    ['a failure, with its message and line', { code: scripted.raise.source }, 503, 'policy.crashed'],
    ['a URL', { code: 'https://example.com/p.zip' }, 400, 'policy.invalid_code'],
    ['neither code nor URI', {}, 400, 'request.invalid'],
    ['both code and URI', { code: scripted.admit.source, policy_rule_uri: 'a:1-b' }, 400, 'request.invalid'],
    ['a policy that is not there', { policy_rule_uri: 'a:1-b' }, 404, 'policy.not_found'],
  ])('tells of %s', async (_, trial, status, code) => {
    const answer = await call(policyWorld(), tryPolicy, '/policies/test', { input_data: {}, ...trial })
    expect(answer).toMatchObject({ status, body: { code } })
    if (code === 'policy.crashed')
      expect(answer.body).toMatchObject({ detail: "KeyError: 'missing'", details: { line: 6 } })
  })
})
