import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { WrongUse } from '@gridgate/local/command-line'
import { help, type Options, readOptions } from '@gridgate/local/options'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  alive,
  call,
  eventually,
  familyOf,
  type Product,
  processesOf,
  type Ready,
  root,
  startBelowShell,
  startByScript,
  startProduct,
  temporaryFolder,
} from './product.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const isGone = (): Promise<boolean> => eventually(() => processesOf(folder.path).length === 0)

/** Asks for the list under another host name. */
const statusAs = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(`${url}/clusters`, { headers: { host } }, (reply) => resolve(reply.resume().statusCode)).on('error', reject)
  })

/** Runs a policy, so that the sandbox's processes are there too. @returns everything that runs now */
async function busyFamily(product: Product, headers: Record<string, string>): Promise<number[]> {
  const code =
    'class AIOSv1PolicyRule:\n  def __init__(self, *a):\n    pass\n  def eval(self, p, i, c):\n    return {"allowed": True, "input_data": i}\n'
  expect(await product.call('POST', '/policies/test', { code, input_data: {} }, headers)).toMatchObject({ status: 200 })
  const family = familyOf(product.child.pid ?? 0)
  // The server, the database with its guard, and at least one sandbox.
  expect(family.length).toBeGreaterThan(3)
  return family
}

/** What whoever owns the account does where no key is left. */
async function keyFromAccount({ aws: { endpoint, region, ...credentials } }: Ready): Promise<string> {
  const lambda = new LambdaClient({ endpoint, region, credentials })
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'gridgate-internal-make-admin-key' }))
  lambda.destroy()
  return (JSON.parse(Buffer.from(Payload ?? []).toString()) as { key: string }).key
}

describe('npm start', () => {
  let key: string
  let endpoint: string
  let kubeconfig: string

  it('gets ready, answers, and ends within two seconds of Ctrl-C with nothing left', async () => {
    const product = startByScript(folder.path, '--no-tour')
    const ready = await product.ready
    expect(ready.key).toMatch(/^gg_/)
    key = String(ready.key)
    endpoint = ready.aws.endpoint
    expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(existsSync(ready.kubeconfig)).toBe(true)
    kubeconfig = readFileSync(ready.kubeconfig, 'utf8')
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/swagger-ui-bundle.js'])
      expect([path, (await fetch(ready.url + path)).status]).toEqual([path, 200])
    expect((await product.call('GET', '/clusters')).status).toBe(200)

    // Sent to the one process that was started, as a supervisor would: the script has become the server.
    const family = await busyFamily(product, {})
    product.child.kill('SIGINT')
    expect(await product.ended).toEqual({ code: 0, signal: null })
    expect(product.errors()).toBe('')
    expect(await eventually(() => alive(family).length === 0, 2)).toBe(true)
    expect(await isGone()).toBe(true)
  })

  it('starts again with its data, key and ports, shows no tour, and refuses wrong and missing keys', async () => {
    const product = startProduct(folder.path)
    const ready = await product.ready
    expect(ready.key).toBeNull()
    expect(ready.aws.endpoint).toBe(endpoint)
    expect(readFileSync(ready.kubeconfig, 'utf8')).toBe(kubeconfig)
    const status = async (authorization?: string): Promise<number> =>
      (await call(ready.url, 'GET', '/clusters', undefined, authorization ? { authorization } : {})).status
    expect([await status(`Bearer ${key}`), await status('Bearer gg_wrong'), await status()]).toEqual([200, 401, 401])
    expect(await status(`Bearer ${await keyFromAccount(ready)}`)).toBe(200)
    await product.interrupt()
    expect(product.said.map(({ event }) => event)).toEqual(['starting', 'ready', 'stopping'])
  })

  it('with --insecure takes calls from this machine without a key, and still refuses a wrong one', async () => {
    const product = startProduct(folder.path, '--insecure', '--new-key')
    const { url, key: another } = await product.ready
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await call(url, 'GET', '/clusters', undefined, headers)).status
    expect(another).not.toBe(key)
    expect([
      await status({}),
      await status({ authorization: 'Bearer gg_wrong' }),
      await status({ authorization: 'Basic Zm9vOmJhcg==' }),
      await status({ authorization: `Bearer ${another}` }),
      await status({ origin: 'http://localhost:8080' }),
      // A page that this machine's browser shows, and a name that leads here, are not this machine.
      await status({ origin: 'https://example.com' }),
      await statusAs(url, 'example.com'),
    ]).toEqual([200, 401, 401, 200, 200, 401, 401])
    await product.interrupt()
    // Keys are kept as hashes only.
    for (const secret of [key, String(another)])
      expect(spawnSync('grep', ['-rlF', secret, folder.path], { encoding: 'utf8' }).stdout).toBe('')
    expect(statSync(folder.path).mode & 0o777).toBe(0o700)
    const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    const open = files.filter((file) => (statSync(join(file.parentPath, file.name)).mode & 0o077) !== 0)
    expect(files.length).toBeGreaterThan(5)
    expect(open.map(({ name }) => name)).toEqual([])
  })

  it('ends by itself, with all its processes, when its parent is gone', async () => {
    const product = startBelowShell(folder.path)
    await product.ready
    const [shell = 0, ...family] = await busyFamily(product, { authorization: `Bearer ${key}` })
    process.kill(shell, 'SIGKILL')
    expect(await eventually(() => alive(family).length === 0)).toBe(true)
    expect(await isGone()).toBe(true)
  })

  it('dies whole when its process group is killed', async () => {
    const product = startProduct(folder.path)
    await product.ready
    const family = await busyFamily(product, { authorization: `Bearer ${key}` })
    await product.kill()
    expect(await eventually(() => alive(family).length === 0)).toBe(true)
    expect(await isGone()).toBe(true)
  })

  it('refuses a folder that another one works on, and a port that is taken, each in one line', async () => {
    const first = startProduct(folder.path)
    const { url } = await first.ready
    const second = startProduct(folder.path)
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.errors()).toMatch(/^gridgate: another Gridgate is running on .*--data DIR\n$/)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    await first.interrupt()

    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const third = startProduct(folder.path, '--port', String(port))
    expect(await third.ended).toEqual({ code: 1, signal: null })
    expect(third.errors()).toMatch(/^gridgate: port \d+ on 127\.0\.0\.1 is taken; .*--port N.*\n$/)
    expect(await isGone()).toBe(true)
    server.close()
  })
})

describe('options', () => {
  it('a wrong one is refused in one line with exit code 2', () => {
    const main = ['packages/local/src/main.ts', '--nonsense']
    const { status, stderr } = spawnSync(process.execPath, main, { cwd: root, encoding: 'utf8' })
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1])
  })

  it.each([
    { args: ['--port', 'x'] },
    { args: ['--port', '70000'] },
    { args: ['--data', ''] },
    { args: ['--host='] },
    { args: ['--kubeconfig', ''] },
    { args: ['--oidc-issuer', '', '--oidc-audience', ''] },
    { args: ['--insecure', '--host', '0.0.0.0'] },
    { args: ['--oidc-issuer', 'https://issuer.example'] },
    { args: ['--oidc-audience', 'api'] },
    { args: ['--rate-limit', 'many'] },
    { args: ['extra'] },
  ])('$args is refused', ({ args }) => {
    expect(() => readOptions(args)).toThrow(WrongUse)
  })

  it('--help tells every option there is', () => {
    expect(readOptions(['--help'])).toBeNull()
    for (const option of [
      'port',
      'host',
      'data',
      'insecure',
      'new-key',
      'oidc-issuer',
      'rate-limit',
      'no-tour',
      'json',
    ])
      expect(help).toContain(`--${option}`)
  })

  it.each([
    { what: 'a folder that is a file', args: ['--data', `${root}/package.json`] },
    { what: 'a folder below a file', args: ['--data', `${root}/package.json/data`] },
    { what: 'an address of another machine', args: ['--host', '192.0.2.1', '--data', `${folder.path}/no-address`] },
    { what: 'a host that is none', args: ['--host', 'none.invalid', '--data', `${folder.path}/no-host`] },
  ])('$what is refused in one line that says what to give instead', ({ args }) => {
    const { status, stderr } = spawnSync(process.execPath, ['packages/local/src/main.ts', '--port=0', ...args], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`^gridgate: .* another .*${args[0]} [A-Z]+\\n$`))
    expect(processesOf(folder.path)).toEqual([])
  })

  it('names files from where the user is, not from where npm starts the command', () => {
    const options = (): Options | null => readOptions(['--data', 'mine', '--kubeconfig', 'my/kubeconfig'])
    vi.stubEnv('INIT_CWD', folder.path)
    const found = options()
    vi.unstubAllEnvs()
    expect(found).toMatchObject({
      data: join(folder.path, 'mine'),
      adopt: { file: join(folder.path, 'my/kubeconfig') },
    })
  })

  it('the default data folder is ignored by git', () => {
    const { data } = readOptions([]) ?? {}
    expect(readFileSync(`${root}/.gitignore`, 'utf8')).toContain(`${data}/`)
  })
})

describe('every command of package.json that is ours', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { scripts: Record<string, string> }
  const commands = Object.entries(scripts).flatMap(([name, script]) => {
    const file = /run\.sh (\S+\.ts)$/.exec(script)?.[1]
    return file === undefined ? [] : [{ name, file }]
  })
  const taken = {
    server: createServer(),
    get port(): number {
      return (this.server.address() as { port: number }).port
    },
  }
  const run = (file: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: root, encoding: 'utf8' })
    return { status, stdout, stderr }
  }

  it('is found', () => {
    expect(commands.map(({ name }) => name)).toEqual(expect.arrayContaining(['start', 'localstack', 'openapi']))
  })

  it.each(commands)('$name tells its usage, and refuses in one line what it does not know', ({ name, file }) => {
    const usage = expect.stringMatching(new RegExp(`^usage: .*npm (run )?${name}\\b`, 'm'))
    expect(run(file, '--help')).toEqual({ status: 0, stdout: usage, stderr: '' })
    const refused = { status: 2, stdout: '', stderr: expect.stringMatching(/^.*--what.*--help.*\n$/) }
    expect(run(file, '--what')).toEqual(refused)
    expect(run(file, '--what=1')).toEqual(refused)
  })

  it.each([
    { when: 'its port is taken', port: () => taken.port, status: 1 },
    { when: 'its port is none', port: () => 'many', status: 2 },
  ])('localstack starts nothing when $when, and says so in one line', async ({ port, status }) => {
    await new Promise<void>((resolve) => taken.server.listen(0, '127.0.0.1', resolve))
    const env = { PATH: process.env.PATH, HOME: folder.path, PORT: String(port()) }
    const found = spawnSync(process.execPath, ['test/localstack/main.ts'], { cwd: root, env, encoding: 'utf8' })
    await new Promise((resolve) => taken.server.close(resolve))
    expect(found).toMatchObject({ status, stdout: '', stderr: expect.stringMatching(/^.*(PORT=N|PORT must be).*\n$/) })
  })

  it('ends as it would have, where nobody reads on', () => {
    const piped = (file: string) => `"${process.execPath}" ${file} | true; echo "\${PIPESTATUS[0]}"`
    for (const [file, status] of [
      ['test/rights/unused.ts /dev/null', 1],
      ['packages/local/src/audit/main.ts --help', 0],
    ] as const)
      expect(spawnSync('bash', ['-c', piped(file)], { cwd: root, encoding: 'utf8' })).toMatchObject({
        ...{ stdout: `${status}\n`, stderr: '' },
      })
  })
})
