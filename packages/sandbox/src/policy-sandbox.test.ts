import { afterAll, describe, expect, it } from 'vitest'
import { admit, codeOf, policyWith, requestOf } from '../test/policy-source.ts'
import { openPolicySandbox } from './policy-sandbox.ts'

// No timing is tested here, and the machine may be busy.
const sandbox = openPolicySandbox({ evaluateMsMax: 10_000 })
afterAll(() => sandbox.close())

describe('evaluate', () => {
  it('starts nothing before the first call', async () => {
    const unused = openPolicySandbox()
    expect(unused.stats()).toEqual({ processes: {}, started: 0 })
    await unused.close()
  })

  it('admits, rewrites and denies', async () => {
    const source = policyWith(
      'if input_data["gpus"] < parameters["floor"]:',
      '    return {"allowed": False, "input_data": "too few"}',
      'input_data["owner"] = self.settings["owner"]',
      admit,
    )
    const policy = { settings: { owner: 'ops' }, parameters: { floor: 2 } }
    expect(await sandbox.evaluate(requestOf(source, { ...policy, inputJson: '{"gpus":2}' }))).toMatchObject({
      ok: true,
      allowed: true,
      inputDataJson: '{"gpus":2,"owner":"ops"}',
    })
    expect(await sandbox.evaluate(requestOf(source, { ...policy, inputJson: '{"gpus":1}' }))).toMatchObject({
      ok: true,
      allowed: false,
      inputDataJson: '"too few"',
    })
  })

  it.each([
    '12345678901234567890',
    '1.0',
    '-0.0',
    '1e-7',
    '0.1',
    '1e+300',
    '"\\u00e9\\ud83d\\ude00\\u0000"',
    '[1,2.0,null,true]',
  ])('hands %s through unchanged, in input and context', async (value) => {
    const text = `{"value":${value}}`
    const found = await sandbox.evaluate(requestOf(policyWith(admit), { inputJson: text, contextJson: text }))
    const expected = text.replace('e-7', 'e-07')
    expect(found).toMatchObject({ ok: true, inputDataJson: expected, contextJson: expected })
  })

  it('takes any text that JSON can hold, also unpaired surrogates and the line separators', async () => {
    const inputJson = JSON.stringify({ text: 'a\n\u2028\u2029\ud800"\\é' })
    const found = await sandbox.evaluate(requestOf(policyWith(admit), { inputJson }))
    expect(found.ok && JSON.parse(found.inputDataJson)).toEqual(JSON.parse(inputJson))
  })

  it('gives the context back, and every call its own parameters', async () => {
    const source = policyWith(
      'context["runs"] = context.get("runs", 0) + len(parameters)',
      'parameters["more"] = 1',
      admit,
    )
    const first = await sandbox.evaluate(requestOf(source, { parameters: { one: 1 } }))
    expect(first).toMatchObject({ contextJson: '{"runs":1}' })
    const second = await sandbox.evaluate(requestOf(source, { parameters: { one: 1 }, contextJson: '{"runs":1}' }))
    expect(second).toMatchObject({ contextJson: '{"runs":2}' })
  })

  it('keeps what the policy prints, at import and at each call', async () => {
    const source = `print("imported")\n${policyWith('print("asked", file=sys.stderr)', admit)}`
    expect(await sandbox.evaluate(requestOf(source))).toMatchObject({ log: 'imported\nasked\n' })
    expect(await sandbox.evaluate(requestOf(source))).toMatchObject({ log: 'asked\n' })
  })

  it('gives the whole value where the host reads another shape than a verdict', async () => {
    const source = policyWith('return {"clusters": [1.0]}')
    expect(await sandbox.evaluate(requestOf(source))).toMatchObject({ ok: false, code: 'policy.bad_verdict' })
    const any = await sandbox.evaluate(requestOf(source, { expects: 'any' }))
    expect(any).toMatchObject({ ok: true, inputDataJson: '{"clusters":[1.0]}' })
  })

  it('has the usual standard library', async () => {
    const modules = 'datetime, decimal, fnmatch, hashlib, ipaddress, math, re, statistics, uuid, zipfile'
    const source = policyWith(
      `import ${modules}`,
      'return {"allowed": True, "input_data": hashlib.sha256(b"").hexdigest()[:8]}',
    )
    expect(await sandbox.evaluate(requestOf(source))).toMatchObject({ ok: true, inputDataJson: '"e3b0c442"' })
  })

  it('refuses code that is not what its digest says', async () => {
    const code = { ...codeOf(policyWith(admit)), data: policyWith('return {"allowed": True, "input_data": 1}') }
    const found = await sandbox.evaluate(requestOf('', { code, tenant: 'forged' }))
    expect(found).toMatchObject({ ok: false, code: 'policy.crashed', message: expect.stringContaining('digest') })
  })
})

describe('a failure names the line of function.py', () => {
  const failing = (...lines: string[]) => sandbox.evaluate(requestOf(policyWith(...lines)))

  it('where the policy raised', async () => {
    expect(await failing('value = {}', 'return value["gpus"]')).toMatchObject({
      ok: false,
      code: 'policy.crashed',
      message: "KeyError: 'gpus'",
      line: 9,
    })
  })

  it('where the policy called what raised', async () => {
    expect(await failing('json.loads("{")')).toMatchObject({
      line: 8,
      message: expect.stringContaining('JSONDecodeError'),
    })
  })

  it('where the syntax is wrong', async () => {
    const found = await sandbox.evaluate(requestOf('class AIOSv1PolicyRule:\n    def eval(self)\n        pass\n'))
    expect(found).toMatchObject({ code: 'policy.crashed', line: 2, message: expect.stringContaining('SyntaxError') })
  })

  it('with the message whole and the log kept', async () => {
    const found = await failing('print("before")', 'raise ValueError("no\\nway")')
    expect(found).toMatchObject({ message: 'ValueError: no\nway', log: 'before\n', line: 9 })
  })
})

describe('manage', () => {
  const withManagement = (signature: string, body: string) =>
    requestOf(`${policyWith(admit)}\n    def management(${signature}):\n        ${body}\n`)

  it('calls management(action, data)', async () => {
    const request = withManagement('self, action, data', 'return {"did": action, "with": data}')
    const found = await sandbox.manage({
      ...request,
      action: 'reset',
      dataJson: '{"n":1.0}',
      contextJson: '{"kept":1}',
    })
    expect(found).toMatchObject({ ok: true, outputJson: '{"did":"reset","with":{"n":1.0}}', contextJson: '{"kept":1}' })
  })

  it('gives the context to a policy that takes it', async () => {
    const request = withManagement('self, action, data, context', 'return context.pop("n")')
    const found = await sandbox.manage({ ...request, action: 'reset', dataJson: '{}', contextJson: '{"n":5}' })
    expect(found).toMatchObject({ ok: true, outputJson: '5', contextJson: '{}' })
  })

  it('refuses when the policy has no commands', async () => {
    const found = await sandbox.manage({ ...requestOf(policyWith(admit)), action: 'reset', dataJson: '{}' })
    expect(found).toMatchObject({ ok: false, code: 'policy.bad_verdict' })
  })
})

describe('policies are kept apart', () => {
  it('what one does to its interpreter does not reach another of the same tenant', async () => {
    const poison = policyWith(
      'import builtins, harness',
      'json.dumps = json.loads = builtins.len = None',
      'harness.evaluate = harness.policy = None',
      'os.environ["LEFT"] = "behind"',
      'open("/policy/left", "w").close()',
      admit,
    )
    await sandbox.evaluate(requestOf(poison))
    const probe = policyWith(
      'found = [len(json.dumps([1])), os.environ.get("LEFT"), os.path.exists("/policy/left")]',
      'return {"allowed": True, "input_data": found}',
    )
    expect(await sandbox.evaluate(requestOf(probe))).toMatchObject({ ok: true, inputDataJson: '[3,null,false]' })
  })

  it('the same code with other parameters or settings is another policy', async () => {
    const source = policyWith(
      'self.runs = getattr(self, "runs", 0) + 1',
      'return {"allowed": True, "input_data": self.runs}',
    )
    const runs = async (rest: object) => (await sandbox.evaluate(requestOf(source, rest))) as { inputDataJson: string }
    expect((await runs({ parameters: { a: 1 } })).inputDataJson).toBe('1')
    expect((await runs({ parameters: { a: 2 } })).inputDataJson).toBe('1')
    expect((await runs({ settings: { a: 1 } })).inputDataJson).toBe('1')
    expect((await runs({ settings: { a: 1 } })).inputDataJson).toBe('2')
  })
})
