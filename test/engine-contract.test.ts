import { createHash } from 'node:crypto'
import type { EvaluationRequest, PolicyCode, PolicyEngine } from '@gridgate/core/policy/engine'
import { openPolicySandbox } from '@gridgate/sandbox/policy-sandbox'
import { afterAll, describe, expect, it } from 'vitest'
import { scriptedEngine } from './scripted-engine.ts'
import { archives, broken, type ScriptedPolicy, scripted } from './scripted-policies.ts'

const sandbox = openPolicySandbox()
afterAll(() => sandbox.close())

const code = (data: string, kind: PolicyCode['kind'] = 'source'): PolicyCode => ({
  digest: createHash('sha256')
    .update(Buffer.from(data, kind === 'archive' ? 'base64' : 'utf8'))
    .digest('hex'),
  kind,
  data,
})

const request = ({ source }: ScriptedPolicy, rest: Partial<EvaluationRequest> = {}): EvaluationRequest => ({
  tenant: 'network',
  code: code(source),
  settings: {},
  parameters: {},
  inputJson: '{"node":"n1"}',
  contextJson: '{}',
  ...rest,
})

/** What the domain's tests take for granted of an engine: asked of the real one, and of the scripted one that stands for it. */
describe.each<[string, PolicyEngine]>([
  ['the sandbox', sandbox],
  ['the scripted engine', scriptedEngine()],
])('%s', (_, engine) => {
  it('gives the input back as compact JSON, and the context unchanged', async () => {
    expect(await engine.evaluate(request(scripted.admit))).toMatchObject({
      ok: true,
      allowed: true,
      inputDataJson: '{"node":"n1"}',
      contextJson: '{}',
      log: '',
    })
  })

  it('gives the reason of a denial, whatever its shape', async () => {
    const denied = { ok: true, allowed: false }
    const text = await engine.evaluate(request(scripted.deny))
    expect(text).toMatchObject({ ...denied, inputDataJson: '"the quota is used up"' })
    const object = await engine.evaluate(request(scripted.denyObject))
    expect(object).toMatchObject({ ...denied, inputDataJson: '{"message":"not on Sundays","day":7}' })
  })

  it('gives what a policy made of its input, be it no object', async () => {
    const tagged = await engine.evaluate(request(scripted.tag))
    expect(tagged).toMatchObject({ allowed: true, inputDataJson: '{"node":"n1","owner":"ops"}' })
    expect(await engine.evaluate(request(scripted.text))).toMatchObject({ allowed: true, inputDataJson: '"fine"' })
  })

  it('hands over settings and parameters, which a run cannot change for the next one', async () => {
    const asked = request(scripted.echoArguments, { settings: { s: 1 }, parameters: { p: [1] } })
    const expected = { inputDataJson: '{"parameters":{"p":[1],"own":true},"settings":{"s":1}}' }
    expect(await engine.evaluate(asked)).toMatchObject(expected)
    expect(await engine.evaluate(asked)).toMatchObject(expected)
    expect(asked.parameters).toEqual({ p: [1] })
  })

  it('gives the context that a run or a management command left', async () => {
    const third = await engine.evaluate(request(scripted.count, { contextJson: '{"runs":2}' }))
    expect(third).toMatchObject({ allowed: false, inputDataJson: '"run 3 is too many"', contextJson: '{"runs":3}' })
    const { inputJson, ...rest } = request(scripted.count, { contextJson: '{"runs":3}' })
    const managed = await engine.manage({ ...rest, action: 'limit', dataJson: '{"to":9}' })
    expect(managed).toMatchObject({ ok: true, outputJson: '{"now":9}', contextJson: '{"runs":3,"limit":9}' })
    const { code: admit } = request(scripted.admit)
    const none = await engine.manage({ ...rest, code: admit, action: 'limit', dataJson: '{}' })
    expect(none).toMatchObject({ ok: false, code: 'policy.bad_verdict' })
  })

  it('gives what a policy printed', async () => {
    expect(await engine.evaluate(request(scripted.chatty))).toMatchObject({ log: 'asked\n' })
  })

  it.each([
    ['raise', 'policy.crashed', 6],
    ['spin', 'policy.timeout', null],
    ['hoard', 'policy.out_of_memory', 6],
    ['none', 'policy.bad_verdict', null],
    ['largeContext', 'policy.bad_verdict', null],
  ] as const)('tells of a policy of kind %s: %s', async (name, expected, line) => {
    const failed = await engine.evaluate(request(scripted[name]))
    expect(failed).toMatchObject({ ok: false, code: expected, line, durationMs: expect.any(Number) })
  })

  it('gives any value where the host reads another shape than a verdict', async () => {
    expect(await engine.evaluate(request(scripted.none, { expects: 'any' }))).toMatchObject({
      ok: true,
      inputDataJson: 'null',
    })
  })

  it('looks at code without running it', async () => {
    expect(await engine.inspect(code(scripted.spin.source))).toEqual({ ok: true, requirements: [] })
    expect(await engine.inspect(code(archives.zip, 'archive'))).toEqual({ ok: true, requirements: [] })
    expect(await engine.inspect(code(archives.tarXz, 'archive'))).toEqual({ ok: true, requirements: [] })
    expect(await engine.inspect(code(archives.withRequirements, 'archive'))).toEqual({
      ok: true,
      requirements: ['requests==2'],
    })
    expect(await engine.inspect(code(broken.syntax))).toMatchObject({ ok: false, line: 2 })
    expect(await engine.inspect(code(broken.classless))).toMatchObject({ ok: false, line: null })
  })

  it('runs an archive like source', async () => {
    const archived = request(scripted.admit, { code: code(archives.tarXz, 'archive') })
    expect(await engine.evaluate(archived)).toMatchObject({ allowed: true, inputDataJson: '{"node":"n1"}' })
  })
})
