import { mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyWith, requestOf } from '../test/policy-source.ts'
import { openPolicySandbox } from './policy-sandbox.ts'

// Canaries: an environment variable of this process, a file, and a server on loopback that counts who came.
const secret = 'gridgate-canary-5f0c'
const folder = mkdtempSync(path.join(tmpdir(), 'gridgate-escape-'))
const file = path.join(folder, 'canary.txt')
const visitors: string[] = []
let server: Server
let port = 0
const sandbox = openPolicySandbox({ evaluateMsMax: 10_000, interpretersMax: 1 })

beforeAll(async () => {
  process.env.GRIDGATE_CANARY = secret
  writeFileSync(file, secret)
  server = createServer((request, response) => {
    visitors.push(request.url ?? '')
    response.end(secret)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  delete process.env.GRIDGATE_CANARY
  rmSync(folder, { recursive: true, force: true })
  await sandbox.close()
  await new Promise((resolve) => server.close(resolve))
})

/** Runs Python lines, the last one an expression; gives whatever the policy could say about it. */
const source = policyWith(
  'import ast',
  'tree = ast.parse("\\n".join(input_data["lines"]))',
  'last = tree.body.pop()',
  'scope = {}',
  'try:',
  '    exec(compile(tree, "attempt", "exec"), scope)',
  '    loot = eval(compile(ast.Expression(last.value), "attempt", "eval"), scope)',
  'except BaseException as error:',
  '    loot = repr(error)',
  'return {"allowed": True, "input_data": str(loot)}',
)
async function attempt(lines: string[]): Promise<string> {
  const inputJson = JSON.stringify({ lines }).replaceAll('CANARY_FILE', file).replaceAll('CANARY_PORT', String(port))
  return JSON.stringify(await sandbox.evaluate(requestOf(source, { inputJson })))
}

/** JavaScript run through the C library: the deepest that Python can go by itself. */
const javascript = (code: string): string[] => [
  'import ctypes',
  'run = ctypes.CDLL(None).emscripten_run_script_string',
  'run.restype = ctypes.c_char_p',
  `run(b"""(() => { try { return String(${code}) } catch (error) { return "refused " + error.message } })()""").decode()`,
]
const readFile = 'process.getBuiltinModule("fs").readFileSync("CANARY_FILE", "utf8")'

describe('a policy that tries to get out reads no canary and reaches no server', () => {
  it.each([
    { by: 'the environment', lines: ['import os', 'str(dict(os.environ))'] },
    { by: 'a host file', lines: ['open("CANARY_FILE").read()'] },
    { by: 'the process file system', lines: ['open("/proc/self/environ").read()'] },
    { by: 'a shell', lines: ['import os', 'os.system("cat CANARY_FILE; touch CANARY_FILE.left")'] },
    {
      by: 'a child process',
      lines: ['import subprocess', 'subprocess.run(["cat", "CANARY_FILE"], capture_output=True).stdout'],
    },
    { by: 'a fork', lines: ['import os', 'os.fork()'] },
    {
      by: 'a socket',
      lines: ['import socket', 'socket.create_connection(("127.0.0.1", CANARY_PORT), timeout=2).recv(100)'],
    },
    {
      by: 'urllib',
      lines: ['import urllib.request', 'urllib.request.urlopen("http://127.0.0.1:CANARY_PORT/", timeout=2).read()'],
    },
    {
      by: 'pyodide.http',
      lines: ['from pyodide.http import open_url', 'open_url("http://127.0.0.1:CANARY_PORT/").read()'],
    },
    { by: 'js.process', lines: ['import js', 'js.process.env.GRIDGATE_CANARY'] },
    { by: 'js.fetch', lines: ['import js', 'js.fetch("http://127.0.0.1:CANARY_PORT/")'] },
    { by: 'js.require', lines: ['import js', 'js.require("fs").readFileSync("CANARY_FILE", "utf8")'] },
    { by: 'run_js', lines: ['from pyodide.code import run_js', `run_js("""${readFile}""")`] },
    {
      by: 'a mounted folder',
      lines: [
        'import pyodide_js',
        'from pyodide.ffi import to_js',
        'pyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, to_js({"root": "/tmp"}), "/mnt")',
        'open("CANARY_FILE".replace("/tmp", "/mnt")).read()',
      ],
    },
    {
      by: 'the constructor of a proxy',
      lines: ['from pyodide.ffi import to_js', `to_js([1]).constructor.constructor("""return ${readFile}""")()`],
    },
    { by: 'JavaScript and its process', lines: javascript('process.env.GRIDGATE_CANARY') },
    { by: 'JavaScript and built-in modules', lines: javascript(readFile) },
    { by: 'JavaScript and require', lines: javascript('require("fs").readFileSync("CANARY_FILE", "utf8")') },
    { by: 'JavaScript and fetch', lines: javascript('fetch("http://127.0.0.1:CANARY_PORT/")') },
    {
      by: 'JavaScript and import',
      lines: javascript('import("node:fs").then((fs) => fs.readFileSync("CANARY_FILE", "utf8"))'),
    },
    {
      by: 'the constructor of the one host function',
      lines: javascript(`os.system.constructor("return ${readFile.replaceAll('"', "'")}")()`),
    },
    { by: 'the files of the interpreter', lines: javascript('read("CANARY_FILE") + readbuffer("CANARY_FILE")') },
  ])('by $by', async ({ lines }) => {
    const found = await attempt(lines)
    expect(found).toMatch(/"ok":(true|false)/)
    expect(found).not.toContain(secret)
    expect(visitors).toEqual([])
  })

  it('finds nothing of Node in the realm behind Python', async () => {
    const names = [
      'process',
      'require',
      'fetch',
      'WebSocket',
      'Worker',
      'Buffer',
      'gridgateRandom',
      'gridgateFiles',
      'gridgateSnapshot',
    ]
    const found = await attempt(
      javascript(`${JSON.stringify(names).replaceAll('"', "'")}.filter((name) => name in globalThis)`),
    )
    expect(JSON.parse(found)).toMatchObject({ ok: true, inputDataJson: '""' })
  })

  it.runIf(process.platform === 'linux')('its process has no environment of ours and no folder', async () => {
    await attempt(['1'])
    const processFolder = `/proc/${sandbox.stats().processes.network}`
    const names = readFileSync(`${processFolder}/environ`, 'utf8')
      .split('\0')
      .map((entry) => entry.split('=')[0])
    expect(names.filter((name) => name !== '' && !name?.startsWith('MALLOC_'))).toEqual([])
    expect(readlinkSync(`${processFolder}/cwd`)).toBe('/')
  })

  it('and the canaries are there for whoever may look', async () => {
    expect(process.env.GRIDGATE_CANARY).toBe(secret)
    expect(await (await fetch(`http://127.0.0.1:${port}/seen`)).text()).toBe(secret)
    expect(visitors).toEqual(['/seen'])
  })
})
