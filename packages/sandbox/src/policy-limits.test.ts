import { afterAll, describe, expect, it } from 'vitest'
import { admit, policyWith, requestOf } from '../test/policy-source.ts'
import { limits } from './limits.ts'
import { openPolicySandbox } from './policy-sandbox.ts'

// Only what is meant to run out of time has little of it: the machine may be busy.
const patient = openPolicySandbox({ evaluateMsMax: 20_000, interpretersMax: 1 })
const sandbox = openPolicySandbox({ evaluateMsMax: 300, loadMsMax: 300, interpretersMax: 1 })
afterAll(() => Promise.all([patient.close(), sandbox.close()]))

const anything = policyWith(
  'body = {}',
  'exec("def run(input_data, context):\\n " + "\\n ".join(input_data["lines"]), globals(), body)',
  'return body["run"](input_data, context)',
)
/** Runs lines as the body of `eval`; the same policy every time, so that only a lost interpreter is started anew. */
const attempt = (...lines: string[]) => requestOf(anything, { inputJson: JSON.stringify({ lines }) })
const javascript = (code: string): string[] => [
  'import ctypes',
  `ctypes.CDLL(None).emscripten_run_script(b"${code}")`,
  admit,
]

describe('a policy that goes beyond a limit gets no verdict, and the next one does', () => {
  it.each([
    { does: 'loops for ever', code: 'policy.timeout', lines: ['while True: pass'] },
    {
      does: 'loops and swallows every exception',
      code: 'policy.timeout',
      lines: ['while True:', '    try:', '        while True: pass', '    except BaseException: pass'],
    },
    { does: 'computes in C for ever', code: 'policy.timeout', lines: ['sum(range(10**12))'] },
    {
      does: 'backtracks for ever',
      code: 'policy.timeout',
      lines: ['import re', 're.match(r"(a+)+$", "a" * 40 + "b")'],
    },
    { does: 'sleeps', code: 'policy.timeout', lines: ['time.sleep(60)'] },
    { does: 'asks for a huge string', code: 'policy.out_of_memory', lines: ['"x" * 10**9', admit] },
    {
      does: 'fills the heap',
      code: 'policy.out_of_memory',
      lines: ['kept = []', 'while True: kept.append("y" * 2**20)'],
    },
    {
      does: 'fills the JavaScript heap',
      code: 'policy.out_of_memory',
      lines: javascript('globalThis.a=[];for(;;)a.push(new Uint8Array(1e8).fill(1))'),
    },
    { does: 'recurses without end', code: 'policy.crashed', lines: ['def f(n): return f(n + 1)', 'f(0)'] },
    {
      does: 'recurses with the bound taken away',
      code: 'policy.crashed',
      lines: ['sys.setrecursionlimit(10**9)', 'def f(n): return f(n + 1)', 'f(0)'],
    },
    {
      does: 'starts a thread',
      code: 'policy.crashed',
      lines: ['import threading', 'threading.Thread(target=print).start()'],
    },
    { does: 'calls sys.exit', code: 'policy.crashed', lines: ['sys.exit(0)'] },
    { does: 'calls os._exit', code: 'policy.crashed', lines: ['os._exit(0)'] },
    { does: 'calls os.abort', code: 'policy.crashed', lines: ['os.abort()'] },
    {
      does: 'reads memory that is not there',
      code: 'policy.crashed',
      lines: ['import ctypes', 'return {"allowed": True, "input_data": str(ctypes.string_at(0xFFFF0000, 16))}'],
    },
    { does: 'imports what is not there', code: 'policy.crashed', lines: ['import requests', admit] },
    {
      does: 'returns too much',
      code: 'policy.bad_verdict',
      lines: [`return {"allowed": True, "input_data": "z" * ${limits.outputCharsMax}}`],
    },
    {
      does: 'keeps too much',
      code: 'policy.bad_verdict',
      lines: [`context["all"] = "z" * ${limits.contextCharsMax}`, admit],
    },
    { does: 'returns nothing', code: 'policy.bad_verdict', lines: ['pass'] },
    {
      does: 'returns a number as verdict',
      code: 'policy.bad_verdict',
      lines: ['return {"allowed": 1, "input_data": 1}'],
    },
    { does: 'returns no input_data', code: 'policy.bad_verdict', lines: ['return {"allowed": True}'] },
    { does: 'returns a set', code: 'policy.bad_verdict', lines: ['return {"allowed": True, "input_data": {1}}'] },
    {
      does: 'returns NaN',
      code: 'policy.bad_verdict',
      lines: ['return {"allowed": True, "input_data": float("nan")}'],
    },
    {
      does: 'returns a value of endless depth',
      code: 'policy.bad_verdict',
      lines: ['value = []', 'value.append(value)', 'return {"allowed": True, "input_data": value}'],
    },
  ])('$does: $code', async ({ code, lines }) => {
    const engine = code === 'policy.timeout' ? sandbox : patient
    expect(await engine.evaluate(attempt(...lines))).toMatchObject({ ok: false, code })
    expect(await patient.evaluate(attempt(admit))).toMatchObject({ ok: true, allowed: true })
  })

  it.each([
    ['a memory of WebAssembly', 'new WebAssembly.Memory({initial:1})'],
    [
      "the class of Python's own memory",
      'new (Object.getPrototypeOf(new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,5,3,1,0,1,7,5,1,1,109,2,0]))).exports.m).constructor)({initial:1})',
    ],
    ['a module with a memory', 'new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,5,3,1,0,1]))'],
    [
      'a module that changes while it is looked at',
      '(()=>{const b=new Uint8Array([0,97,115,109,1,0,0,0,5,3,1,0,1]);return new WebAssembly.Module({__proto__:b,length:8,[Symbol.iterator]:()=>b.values()})})()',
    ],
    ['a buffer that grows', '(()=>{if(new ArrayBuffer(1,{maxByteLength:9}).resizable)return 1;throw 1})()'],
    [
      'the class of a buffer',
      '(()=>{if(new (new Uint8Array(1).buffer.constructor)(1,{maxByteLength:9}).resizable)return 1;throw 1})()',
    ],
    [
      'the class behind a guard',
      '(()=>{let real;Object.prototype.get=(target)=>{real??=target};ArrayBuffer.name;delete Object.prototype.get;if(new real(1,{maxByteLength:9}).resizable)return 1;throw 1})()',
    ],
    ['a shared buffer', 'new SharedArrayBuffer(1)'],
    [
      'a module of a length that lies',
      '(()=>{const p=Object.getPrototypeOf(Uint8Array.prototype);const b=new Uint8Array([0,97,115,109,1,0,0,0,5,3,1,0,1]);Object.defineProperty(p,"length",{get:()=>0});return new WebAssembly.Module(b)})()',
    ],
  ])('no policy gets memory that its limit does not count: %s', async (_, script) => {
    const lines = [
      'import ctypes',
      'run = ctypes.CDLL(None).emscripten_run_script_string',
      'run.restype = ctypes.c_char_p',
      `text = run(b"""(() => { try { return "given " + (${script}) } catch (error) { return "refused" } })()""").decode()`,
      'return {"allowed": True, "input_data": text}',
    ]
    expect(await patient.evaluate(attempt(...lines))).toMatchObject({ ok: true, inputDataJson: '"refused"' })
  })

  it('names the line that asked for too much memory', async () => {
    const found = await patient.evaluate(requestOf(policyWith('pass', '"x" * 10**9', admit)))
    expect(found).toMatchObject({ code: 'policy.out_of_memory', line: 9 })
  })

  it('loops at import: policy.timeout', async () => {
    expect(await sandbox.evaluate(requestOf('while True: pass'))).toMatchObject({ code: 'policy.timeout' })
  })

  it('defines no class: policy.crashed', async () => {
    const found = await patient.evaluate(requestOf('rule = 1'))
    expect(found).toMatchObject({ code: 'policy.crashed', message: expect.stringContaining('AIOSv1PolicyRule') })
  })

  it('prints too much: the log is cut', async () => {
    const found = await patient.evaluate(attempt('print("é" * 100_000)', admit))
    expect(found).toMatchObject({ ok: true })
    expect(Buffer.byteLength(found.log)).toBe(limits.logBytesMax)
  })

  it('keeps as much as it may, and returns as much', async () => {
    const lines = [`context["all"] = "z" * ${limits.contextCharsMax - '{"all":""}'.length}`, admit]
    expect(await patient.evaluate(attempt(...lines))).toMatchObject({ ok: true })
  })

  it('is given too much: policy.out_of_memory, without being asked', async () => {
    const inputJson = `"${'x'.repeat(limits.inputCharsMax)}"`
    expect(await patient.evaluate(requestOf(policyWith(admit), { inputJson }))).toMatchObject({
      code: 'policy.out_of_memory',
    })
  })

  it('forges a reply of the harness: its process ends', async () => {
    const lines = ['import harness', 'harness._encode = lambda value: "forged"', admit]
    const before = patient.stats().processes.network
    expect(await patient.evaluate(attempt(...lines))).toMatchObject({ ok: false, code: 'policy.crashed' })
    await patient.evaluate(attempt(admit))
    expect(patient.stats().processes.network).not.toBe(before)
  })
})
