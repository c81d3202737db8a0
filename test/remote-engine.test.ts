import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startExecutor } from '@gridgate/controller/executor/start-executor'
import { type Executor, ExecutorId, toExecutor } from '@gridgate/core/executor/executor'
import type { ExecutorClient } from '@gridgate/core/executor/executor-client'
import type { Evaluation, EvaluationRequest } from '@gridgate/core/policy/engine'
import { NewPolicy } from '@gridgate/core/policy/policy'
import { signWith } from '@gridgate/http/signed-call'
import { openAddressGuard } from '@gridgate/remote/address-guard'
import { openRemoteClient } from '@gridgate/remote/remote-client'
import { executorClient } from '@gridgate/runtime/executor-client'
import { openPolicySandbox } from '@gridgate/sandbox/policy-sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { archives, scripted } from './scripted-policies.ts'
import { makeTestKey, signCall, type TestKey } from './signing.ts'

const key = await makeTestKey('k1')
const log = { info() {}, warn() {}, error() {} }
const local = openPolicySandbox()
const executorId = ExecutorId.parse('executor-001')
const running = await startExecutor({
  settings: { executorId, processesMax: 2, gatewayKeysFile: '' },
  gatewayKeys: () => JSON.stringify({ keys: [key.publicKey] }),
  host: '127.0.0.1',
  listenOn: 0,
  log,
  sandbox: openPolicySandbox({ processesMax: 2 }),
})
const base = `http://127.0.0.1:${running.ports[10_250]}`

/** The gateway's way to executors, which signs with a key and may call these ports of this machine. */
function clientOf(ports: readonly number[], signing: TestKey = key): ExecutorClient {
  const guard = openAddressGuard({ allow: [], local: ports.map((port) => `127.0.0.1:${port}`) })
  return executorClient(
    { clock: { now: () => new Date() }, ids: { next: () => randomUUID() } },
    {
      guard,
      remote: openRemoteClient({ guard }),
      keys: { sign: (kind, claims) => signWith(signing.key, kind, claims) },
      reroute: () => null,
    },
  )
}
const remote = clientOf([running.ports[10_250] ?? 0])

const executorAt = (uri: string, id: string = executorId): Executor =>
  toExecutor({}, { executor_id: ExecutorId.parse(id), executor_host_uri: uri })

afterAll(async () => {
  await Promise.all([running.stop(), local.close()])
})

const archived: EvaluationRequest['code'] = {
  digest: createHash('sha256').update(Buffer.from(archives.tarXz, 'base64')).digest('hex'),
  kind: 'archive',
  data: archives.tarXz,
}

const request = (data: string, rest: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
  tenant: 'network',
  code: { digest: createHash('sha256').update(data).digest('hex'), kind: 'source', data },
  settings: {},
  parameters: {},
  inputJson: '{"node":"n1"}',
  contextJson: '{}',
  ...rest,
})

const folder = join(import.meta.dirname, '..', 'policies')
const input = {
  cluster_data: { id: 'west-1', regionId: 'us-west-2', tags: [], nodes: { nodeData: [] }, clusterMetadata: {} },
  cluster_metrics: null,
  node_data: { id: 'node-1', gpus: { count: 1, memory: 1, gpus: [], modelNames: [] } },
  node_id: 'node-1',
  block_data: { id: 'chat-1' },
  block_instances: [],
  cluster_blocks: [],
}

const shipped = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }): [string, EvaluationRequest] => {
    const entry = NewPolicy.parse({
      ...(JSON.parse(readFileSync(join(folder, name, 'policy.json'), 'utf8')) as object),
      code: 'x',
    })
    const { policy_settings: settings = {}, policy_parameters: parameters = {} } = entry
    const source = readFileSync(join(folder, name, 'code', 'function.py'), 'utf8')
    return [name, request(source, { settings, parameters, inputJson: JSON.stringify(input) })]
  })

const policy = (...lines: string[]): string =>
  ['class AIOSv1PolicyRule:', '    def eval(self, parameters, input_data, context):', ...lines].join('\n        ')

/** More than travels as it is, of which little costs the policy time: it has 250 ms. */
const large = '"é'.repeat(50_000) + 'x'.repeat(1_000_000)

const corpus: [string, EvaluationRequest][] = [
  ...shipped,
  ...Object.entries(scripted).map(([name, { source }]): [string, EvaluationRequest] => [
    `the scripted ${name}`,
    request(source, { parameters: { p: [1, { q: null }] }, settings: { s: 'ß' } }),
  ]),
  ['any output', request(scripted.none.source, { expects: 'any' })],
  ['a context', request(scripted.count.source, { contextJson: '{"runs":2}' })],
  ['unicode', request(scripted.tag.source, { inputJson: JSON.stringify({ 'schlüssel 🐘': 'é\u2028\\ud800"\n' }) })],
  ['an escaped lone surrogate', request(scripted.tag.source, { inputJson: '{"a":"\\ud800"}' })],
  ['big numbers', request(scripted.tag.source, { inputJson: '{"a":12345678901234567890123,"b":1e400,"c":1.0}' })],
  ['input that is no JSON', request(scripted.admit.source, { inputJson: '{' })],
  ['a verdict that is no JSON', request(policy('return {"allowed": True, "input_data": {1, 2}}'))],
  ['allowed that is no boolean', request(policy('return {"allowed": 1, "input_data": {}}'))],
  ['code that does not compile', request('class AIOSv1PolicyRule')],
  ['an archive', request('', { code: archived })],
  ['a large input', request(scripted.tag.source, { inputJson: JSON.stringify({ a: large }) })],
]

const settled = ({ durationMs: _, ...evaluation }: Evaluation): object => evaluation

describe('an executor', () => {
  it.each(corpus)('gives the same as the gateway would: %s', async (_, asked) => {
    const here = await local.evaluate(asked)
    expect(settled(await remote.evaluate(executorAt(base), asked))).toEqual(settled(here))
  })

  it('keeps the policies of different tenants apart, and takes no more of them at once than it may', async () => {
    const tenants = ['network', 'cluster:west-1', 'cluster:east-1', 'cluster:north-1']
    const answers = await Promise.all(
      tenants.map((tenant) => remote.evaluate(executorAt(base), request(scripted.admit.source, { tenant }))),
    )
    expect(answers.map(({ ok }) => ok)).toEqual([true, true, true, true])
  })
})

describe('what is no answer of an executor', () => {
  const servers: Server[] = []
  afterAll(() => {
    for (const server of servers) server.closeAllConnections()
  })
  const answering = (status: number, body: string): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((_, reply) => reply.writeHead(status).end(body))
      servers.push(server)
      server.listen(0, '127.0.0.1', () => {
        server.unref()
        resolve((server.address() as AddressInfo).port)
      })
    })
  const admitting = { ok: true, allowed: true, inputDataJson: '{}', contextJson: '{}', log: '', durationMs: 1 }

  it.each([
    ["the original's envelope around a failure", 202, { success: true, data: { success: false, message: 'no' } }],
    ['a verdict without the rest', 200, { success: true, data: { allowed: true } }],
    ['a verdict under another status', 500, { success: true, data: admitting }],
    ['a refusal', 401, { success: false, code: 'auth.invalid', detail: 'no' }],
    ['a failure of another kind', 503, { success: false, code: 'service.unavailable', detail: 'later' }],
    ['a page', 200, '<html>'],
    ['an ingress without an executor', 503, ''],
  ])('is executor.unreachable, never a verdict: %s', async (_, status, body) => {
    const port = await answering(status, typeof body === 'string' ? body : JSON.stringify(body))
    const answer = await clientOf([port]).evaluate(
      executorAt(`http://127.0.0.1:${port}`),
      request(scripted.admit.source),
    )
    expect(answer).toMatchObject({ ok: false, code: 'executor.unreachable' })
  })

  it.each([
    ['nothing listens', 'http://127.0.0.1:1', [1]],
    ['its address is refused', 'http://127.0.0.1:1', []],
    ['its address is a metadata one', 'http://169.254.169.254', []],
  ])('is executor.unreachable when %s', async (_, uri, ports) => {
    const answer = await clientOf(ports).evaluate(executorAt(uri), request(scripted.admit.source))
    expect(answer).toMatchObject({ ok: false, code: 'executor.unreachable' })
  })
})

describe('whom an executor believes', () => {
  const body = JSON.stringify(request(scripted.admit.source))
  const post = (token: string | null, sent = body): Promise<Response> =>
    fetch(`${base}/execute_policy`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      body: sent,
    })
  const facts = { method: 'POST', path: '/execute_policy', body, audience: `executor.${executorId}` }

  it('is its gateway, once for each call', async () => {
    const token = await signCall(key, facts)
    expect((await post(token)).status).toBe(200)
    expect((await post(token)).status).toBe(401)
  })

  it('is nobody else', async () => {
    const stranger = await makeTestKey('k1')
    const tokens = [
      null,
      await signCall(stranger, facts),
      await signCall(key, { ...facts, audience: executorId }),
      await signCall(key, { ...facts, audience: 'executor.executor-002' }),
      await signCall(key, { ...facts, path: '/other' }),
      await signCall(key, { ...facts, issuer: 'west-1' }),
    ]
    for (const token of tokens) expect((await post(token)).status).toBe(401)
    expect((await post(await signCall(key, facts), `${body} `)).status).toBe(401)
  })

  it('is everybody who asks for its health', async () => {
    const readiness = async () => (await fetch(`${base}/readyz`)).status
    await expect.poll(readiness, { timeout: 30_000 }).toBe(200)
    expect((await fetch(`${base}/healthz`)).status).toBe(200)
  })
})
