import { afterAll, describe, expect, it } from 'vitest'
import { admit, codeOf, policyWith, requestOf } from '../test/policy-source.ts'
import { limits } from './limits.ts'
import { openPolicySandbox } from './policy-sandbox.ts'

const sandbox = openPolicySandbox({ evaluateMsMax: 20_000, loadMsMax: 20_000 })
afterAll(() => sandbox.close())

/** Packs archives with Python's own library, in a sandbox: `input_data` is {kind, entries: [[path, text, mode?]], script}. */
const packer = policyWith(
  'import base64, io, tarfile, zipfile',
  'out = io.BytesIO()',
  'kind, entries = input_data["kind"], input_data["entries"]',
  '# The usual preset of xz takes more memory than a policy has.',
  'preset = {"preset": 0} if kind == "tar.xz" else {}',
  'if kind == "zip":',
  '    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:',
  '        for name, text, mode in entries:',
  '            info = zipfile.ZipInfo(name)',
  '            info.compress_type = zipfile.ZIP_DEFLATED',
  '            text = "0" * int(text) if mode == "zeros" else text',
  '            info.external_attr = {"file": 0o100644, "zeros": 0o100644, "link": 0o120777, "device": 0o060000}[mode] << 16',
  '            archive.writestr(info, text)',
  'else:',
  '    with tarfile.open(fileobj=out, mode="w" + kind.replace("tar", ":").replace(":.", ":"), **preset) as archive:',
  '        for name, text, mode in entries:',
  '            info = tarfile.TarInfo(name)',
  '            info.type = {"file": tarfile.REGTYPE, "zeros": tarfile.REGTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "device": tarfile.BLKTYPE, "folder": tarfile.DIRTYPE}[mode]',
  '            data = {"file": text.encode, "zeros": lambda: b"0" * int(text)}.get(mode, bytes)()',
  '            info.size, info.linkname = len(data), text if mode in ("link", "hard") else ""',
  '            archive.addfile(info, io.BytesIO(data))',
  'return base64.b64encode(out.getvalue()).decode()',
)
type Entry = [name: string, text: string, mode: 'file' | 'link' | 'hard' | 'device' | 'folder' | 'zeros']
type Kind = 'zip' | 'tar' | 'tar.gz' | 'tar.xz'
async function pack(kind: Kind, ...entries: Entry[]) {
  const inputJson = JSON.stringify({ kind, entries })
  const packed = await sandbox.evaluate(requestOf(packer, { inputJson, expects: 'any' }))
  if (!packed.ok) throw new Error(packed.message)
  return codeOf(JSON.parse(packed.inputDataJson), 'archive')
}

const file = (name: string, text = ''): Entry => [name, text, 'file']
const rule = file(
  'code/function.py',
  `from rules.floor import floor\n${policyWith('input_data["floor"] = floor()', admit)}`,
)
const sibling = file('code/rules/floor.py', 'def floor():\n    return 4\n')
const kinds: Kind[] = ['zip', 'tar', 'tar.gz', 'tar.xz']

/** Made by `tar -c code | xz -9e`: its dictionary takes 64 MB to unpack. */
const largestXz = [
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/ANRdADGbyLBT6/FBQoZnirSuh28LuYRz3pPgR8/wqn5vTNe4H/XSPr2k/i9a',
  'ORoAjP/BC+yOI3I4hv2ZgGlhV6B2qjy0nik1J4exYlmwJ3Y7uwyapYOsytWV5AEVUoO/klWnAn3wxIjNuyLrydcPm9lCqWTQ',
  '6P5oYU0KOyKyUAt0l1H1kUmp/O0ZyvT0SWhTM2/WITN/y2z8Jz9y6hOviuMAMcCdEiCEpE+A/YsqwnCWa+JAoXRw4+xBu90c',
  'UC6WptQAB5x+0P+pEB90bp3KlWNfSwXMKw8AAD77zMgrWsGeAAHwAYBQAAD/fEJqscRn+wIAAAAABFla',
].join('')

describe('an archive', () => {
  it.each(kinds)('as .%s runs, with the modules beside function.py', async (kind) => {
    const code = await pack(kind, rule, sibling)
    expect(await sandbox.inspect(code)).toEqual({ ok: true, requirements: [] })
    expect(await sandbox.evaluate(requestOf('', { code }))).toMatchObject({ ok: true, inputDataJson: '{"floor":4}' })
  })

  it('may name its folder and begin with a dot, as `tar .` does', async () => {
    const code = await pack('tar', ['./code', '', 'folder'], file('./code/function.py', policyWith(admit)))
    expect(await sandbox.evaluate(requestOf('', { code }))).toMatchObject({ ok: true })
  })

  it('may be packed by the largest preset of xz', async () => {
    expect(await sandbox.inspect(codeOf(largestXz, 'archive'))).toMatchObject({ ok: true })
  })

  it('says which line of function.py led to an error in another of its files', async () => {
    const code = await pack('zip', rule, file('code/rules/floor.py', 'def floor():\n    return {}["n"]\n'))
    expect(await sandbox.evaluate(requestOf('', { code }))).toMatchObject({
      code: 'policy.crashed',
      line: 9,
      message: "KeyError: 'n' (code/rules/floor.py line 2)",
    })
  })

  it.each(kinds)('as .%s may hold as much as the limit, and not one byte more', async (kind) => {
    const source = policyWith(admit)
    const padding = limits.unpackedBytesMax - source.length
    const full = await pack(kind, file('code/function.py', source), file('code/data.txt', ' '.repeat(padding)))
    const over = await pack(kind, file('code/function.py', source), file('code/data.txt', ' '.repeat(padding + 1)))
    const isSmall = kind !== 'tar'
    expect((await sandbox.inspect(full)).ok).toBe(isSmall)
    const refused = isSmall ? `more than ${limits.unpackedBytesMax} bytes` : `more than ${limits.codeBytesMax}`
    expect(await sandbox.inspect(over)).toMatchObject({ ok: false, message: expect.stringContaining(refused) })
  })

  it.each([
    { what: 'a link', entries: [['code/rules', '/etc', 'link']], kinds: ['zip', 'tar.gz'], says: 'link' },
    { what: 'a hard link', entries: [['code/more.py', 'code/function.py', 'hard']], kinds: ['tar'], says: 'link' },
    { what: 'a device', entries: [['code/disk', '', 'device']], kinds: ['zip', 'tar'], says: 'plain file' },
    { what: 'a path upwards', entries: [file('code/../../etc/passwd')], kinds: ['zip', 'tar.xz'], says: 'outside' },
    { what: 'an absolute path', entries: [file('/code/function.py')], kinds: ['zip', 'tar'], says: 'outside' },
    { what: 'a backslash', entries: [file('code/..\\..\\x.py')], kinds: ['zip', 'tar'], says: 'outside' },
    { what: 'a path beside code', entries: [file('README.md')], kinds: ['zip', 'tar'], says: 'outside code/' },
    { what: 'a path twice', entries: [file('code/a.py'), file('./code/a.py')], kinds: ['zip', 'tar'], says: 'twice' },
    {
      what: 'too many files',
      entries: Array.from({ length: limits.filesMax }, (_, index) => file(`code/${index}.py`)),
      kinds: ['zip', 'tar'],
      says: `more than ${limits.filesMax} files`,
    },
    {
      what: 'a bomb',
      entries: [['code/data.txt', '12000000', 'zeros']],
      kinds: ['zip', 'tar.gz', 'tar.xz'],
      says: 'more than 2097152 bytes',
    },
  ] as { what: string; entries: Entry[]; kinds: Kind[]; says: string }[])('with $what is refused', async (hostile) => {
    for (const kind of hostile.kinds) {
      const code = await pack(kind, file('code/function.py', policyWith(admit)), ...hostile.entries)
      expect(await sandbox.inspect(code)).toMatchObject({ ok: false, message: expect.stringContaining(hostile.says) })
    }
  })

  it('that is refused is not run either', async () => {
    const code = await pack('zip', file('code/function.py', policyWith(admit)), file('README.md'))
    const found = await sandbox.evaluate(requestOf('', { code }))
    expect(found).toMatchObject({
      ok: false,
      code: 'policy.crashed',
      message: expect.stringContaining('outside code/'),
    })
  })

  it.each([
    { what: 'no code/function.py', code: () => pack('zip', file('code/rule.py')), says: 'no code/function.py' },
    { what: 'nothing', code: () => pack('zip'), says: 'must be a' },
    { what: 'another format', code: async () => codeOf(btoa('Rar!...'), 'archive'), says: 'must be a .zip, .tar' },
    { what: 'a cut .gz', code: () => cut('tar.gz'), says: '' },
    { what: 'a cut .xz', code: () => cut('tar.xz'), says: '' },
    { what: 'a cut .zip', code: () => cut('zip'), says: '' },
  ])('with $what is refused', async ({ code, says }) => {
    expect(await sandbox.inspect(await code())).toMatchObject({ ok: false, message: expect.stringContaining(says) })
  })
})

async function cut(kind: Kind) {
  const { data } = await pack(kind, rule, sibling)
  const bytes = Buffer.from(data, 'base64')
  return codeOf(bytes.subarray(0, bytes.length >> 1).toString('base64'), 'archive')
}

describe('inspect', () => {
  it('lists what requirements.txt asks for', async () => {
    const requirements = file('code/requirements.txt', '# none\n\nrequests==2.0  # http\n-r more.txt\n')
    const code = await pack('zip', rule, sibling, requirements)
    expect(await sandbox.inspect(code)).toEqual({ ok: true, requirements: ['requests==2.0', '-r more.txt'] })
  })

  it.each([
    { what: 'the class', source: 'class AIOSv1PolicyRule:\n    def eval(self): pass', ok: true },
    { what: 'an imported class', source: 'from rules import AIOSv1PolicyRule', ok: true },
    { what: 'an assigned class', source: 'import rules\nAIOSv1PolicyRule = rules.Rule', ok: true },
    { what: 'a derived class', source: 'class Base: pass\nclass AIOSv1PolicyRule(Base): pass', ok: true },
    {
      what: 'a class chosen at import',
      source: 'try:\n    from a import AIOSv1PolicyRule\nexcept ImportError:\n    AIOSv1PolicyRule = None',
      ok: true,
    },
    { what: 'a class without eval', source: 'class AIOSv1PolicyRule:\n    pass', ok: false, line: 1 },
    {
      what: 'a class within a function',
      source: 'def f():\n    class AIOSv1PolicyRule:\n        def eval(self): pass',
      ok: false,
      line: null,
    },
    { what: 'another class', source: 'class Rule:\n    def eval(self): pass', ok: false, line: null },
    { what: 'a syntax error', source: 'x = 1\ny = (', ok: false, line: 2 },
    { source: 'x = "\u0000"', what: 'a zero byte', ok: false, line: null },
    { source: '('.repeat(100_000), what: 'endless brackets', ok: false, line: 1 },
  ])('answers to $what', async ({ source, ok, line }) => {
    expect(await sandbox.inspect(codeOf(source))).toMatchObject(line === undefined ? { ok } : { ok, line })
  })

  it('does not run the code', async () => {
    const source = `while True: pass\n${policyWith(admit)}`
    expect(await sandbox.inspect(codeOf(source))).toEqual({ ok: true, requirements: [] })
  })

  it('refuses code above the limit and code with another digest', async () => {
    const large = codeOf(`${policyWith(admit)}#${'x'.repeat(limits.codeBytesMax)}`)
    expect(await sandbox.inspect(large)).toMatchObject({ ok: false, message: expect.stringContaining('more than') })
    const forged = { ...codeOf(policyWith(admit)), digest: '00' }
    expect(await sandbox.inspect(forged)).toMatchObject({ ok: false, message: expect.stringContaining('digest') })
  })
})
