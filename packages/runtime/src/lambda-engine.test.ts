import { createHash } from 'node:crypto'
import type { EvaluationRequest, PolicyCode, PolicyEngine } from '@gridgate/core/policy/engine'
import type { AwsClient } from '@gridgate/remote/aws/aws-client'
import { describe, expect, it } from 'vitest'
import { scriptedEngine } from '../../../test/scripted-engine.ts'
import { archives, scripted } from '../../../test/scripted-policies.ts'
import { lambdaEngine } from './lambda-engine.ts'
import { policyHost } from './policy-host.ts'
import { tenantIdOf } from './policy-tenant.ts'

type Invoke = (payload: string, name: string) => Promise<{ text: string; failed?: boolean }>

/** A Lambda service of one function. */
const client = (invoke: Invoke): Pick<AwsClient, 'invoke'> => ({
  async invoke({ payload, name }) {
    const { text, failed = false } = await invoke(payload, name)
    return { payload: text, failed }
  },
})

const config = { GRIDGATE_PREFIX: 'gridgate-test-', GRIDGATE_POLICY_TENANCY: '' } as const

/** The engine behind the function, with the scripted engine in place of the sandbox. */
function hosted(): { engine: PolicyEngine; payloads: string[]; names: string[] } {
  const handler = policyHost(async () => scriptedEngine())
  const payloads: string[] = []
  const names: string[] = []
  const engine = lambdaEngine(
    client(async (payload, name) => {
      payloads.push(payload)
      names.push(name)
      return { text: JSON.stringify(await handler(JSON.parse(payload))) }
    }),
    config,
  )
  return { engine, payloads, names }
}

const code = (data: string, kind: PolicyCode['kind'] = 'source'): PolicyCode => ({
  digest: createHash('sha256').update(data).digest('hex'),
  kind,
  data,
})
const request = (source: string, more: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
  tenant: 'network',
  code: code(source),
  settings: { s: 1 },
  parameters: { p: 1 },
  inputJson: '{"a":1.0}',
  contextJson: '{}',
  ...more,
})

describe('lambdaEngine and policyHost', () => {
  it('ask the function of the stage, and give what the engine behind it gives', async () => {
    const { engine, names } = hosted()
    const direct = scriptedEngine()
    for (const { source } of [scripted.echoArguments, scripted.deny, scripted.raise, scripted.none])
      expect(await engine.evaluate(request(source))).toEqual(await direct.evaluate(request(source)))
    const any = request(scripted.none.source, { expects: 'any' })
    expect(await engine.evaluate(any)).toEqual(await direct.evaluate(any))
    const command = { ...request(scripted.count.source), action: 'limit', dataJson: '{"to":1}' }
    expect(await engine.manage(command)).toEqual(await direct.manage(command))
    const archive = code(archives.withRequirements, 'archive')
    expect(await engine.inspect(archive)).toEqual({ ok: true, requirements: ['requests==2'] })
    expect(new Set(names)).toEqual(new Set(['gridgate-test-internal-evaluate-policy']))
  })

  it('say whose each question is where the function has tenant isolation, and nothing elsewhere', async () => {
    const said: (string | undefined)[] = []
    const host = policyHost(async () => scriptedEngine())
    const aws: Pick<AwsClient, 'invoke'> = {
      async invoke({ payload, tenantId }) {
        said.push(tenantId)
        return { payload: JSON.stringify(await host(JSON.parse(payload), { tenantId })), failed: false }
      },
    }
    const ask = async (engine: PolicyEngine, tenant: string) => {
      await engine.evaluate(request(scripted.admit.source, { tenant }))
      await engine.manage({ ...request(scripted.count.source, { tenant }), action: 'limit', dataJson: '{"to":1}' })
    }
    const apart = lambdaEngine(aws, { ...config, GRIDGATE_POLICY_TENANCY: 'PER_TENANT' })
    await ask(apart, 'network')
    await ask(apart, `test:${'ü|'.repeat(200)}`)
    await ask(apart, 'inspection')
    await apart.inspect(code('x'))
    const [network, networkAgain, test, testAgain, named, namedAgain, looked] = said
    expect([networkAgain, testAgain, namedAgain]).toEqual([network, test, named])
    expect(new Set([network, test, named, looked]).size).toBe(4)
    for (const id of said) expect(id).toMatch(/^[a-zA-Z0-9._:/=+@ -]{1,256}$/)
    said.length = 0
    await ask(lambdaEngine(aws, config), 'network')
    expect(said).toEqual([undefined, undefined])
  })

  it('answer nothing in an environment of another tenant', async () => {
    let opened = 0
    const handler = policyHost(async () => {
      opened++
      return scriptedEngine()
    })
    const question = { op: 'evaluate', request: request(scripted.admit.source, { tenant: 'cluster:west-1' }) }
    const other = tenantIdOf({ op: 'evaluate', request: { tenant: 'cluster:east-1' } })
    await expect(handler(question, { tenantId: other })).rejects.toThrow('another tenant')
    expect(opened).toBe(0)
    expect(await handler(question, { tenantId: tenantIdOf(question) })).toMatchObject({ ok: true })
  })

  it('compress what would not fit into a payload', async () => {
    const { engine, payloads } = hosted()
    const inputJson = JSON.stringify({ nodes: 'n'.repeat(7_000_000) })
    expect(await engine.evaluate(request(scripted.admit.source, { inputJson }))).toMatchObject({
      inputDataJson: inputJson,
    })
    expect(payloads[0]?.length).toBeLessThan(100_000)
  })

  it.each<[string, Invoke]>([
    ['fails', async () => ({ text: '{"errorType":"Runtime.ExitError"}', failed: true })],
    ['answers something else', async () => ({ text: '{"ok":"perhaps"}' })],
    ['answers no JSON', async () => ({ text: '' })],
    ['cannot be called', () => Promise.reject(new Error('connect ECONNREFUSED'))],
  ])('give policy.unavailable when the function %s', async (_, invoke) => {
    const engine = lambdaEngine(client(invoke), config)
    const unavailable = { code: 'policy.unavailable', status: 503 }
    await expect(engine.evaluate(request(scripted.admit.source))).rejects.toMatchObject(unavailable)
    await expect(engine.inspect(code('x'))).rejects.toMatchObject(unavailable)
  })

  it('open the engine once, and again after a failure', async () => {
    let opened = 0
    const handler = policyHost(async () => {
      opened++
      if (opened === 1) throw new Error('no memory')
      return scriptedEngine()
    })
    const question = { op: 'inspect', request: code(scripted.admit.source) }
    await expect(handler(question)).rejects.toThrow('no memory')
    await handler(question)
    await handler(question)
    expect(opened).toBe(2)
  })

  it('end what the engine holds, and open it again for the next question', async () => {
    const events: string[] = []
    const handler = policyHost(async () => {
      events.push('opened')
      return { ...scriptedEngine(), close: async () => void events.push('closed') }
    })
    await handler.close()
    await handler({ op: 'inspect', request: code(scripted.admit.source) })
    await handler.close()
    await handler({ op: 'inspect', request: code(scripted.admit.source) })
    expect(events).toEqual(['opened', 'closed', 'opened'])
  })

  it('take nothing but the three questions', async () => {
    const handler = policyHost(async () => scriptedEngine())
    await expect(handler({ op: 'run', request: {} })).rejects.toThrow()
    await expect(handler({ op: 'evaluate', request: { tenant: 'network' } })).rejects.toThrow()
  })
})
