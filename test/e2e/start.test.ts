import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { root, startProduct, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

/** Processes that mention a path in their command line. */
const processesOf = (path: string): string[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path) && !line.includes('ps -eo'))

async function untilGone(path: string): Promise<string[]> {
  for (let round = 0; round < 40 && processesOf(path).length > 0; round++) await delay(50)
  return processesOf(path)
}

describe('npm start', () => {
  it('gets ready, answers, keeps its data and its key, and leaves nothing behind', async () => {
    const first = startProduct(folder.path, '--no-tour')
    const ready = await first.ready
    expect(ready.key).toMatch(/^gg_/)
    expect(existsSync(ready.kubeconfig)).toBe(true)
    expect(ready.aws.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const path of ['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/swagger-ui-bundle.js'])
      expect([path, (await fetch(ready.url + path)).status]).toEqual([path, 200])
    expect((await first.call('GET', '/clusters')).status).toBe(200)
    await first.interrupt()
    expect(await untilGone(folder.path)).toEqual([])

    const second = startProduct(folder.path)
    const again = await second.ready
    expect(again.key).toBeNull()
    const reply = await fetch(`${again.url}/clusters`, { headers: { authorization: `Bearer ${ready.key}` } })
    expect(reply.status).toBe(200)
    expect(second.said.map(({ event }) => event)).not.toContain('tour')
    await second.interrupt()
  })

  it('keeps the key as a hash only, and every file to its owner', async () => {
    const product = startProduct(folder.path, '--new-key')
    const { key } = await product.ready
    expect(key).toMatch(/^gg_/)
    await product.interrupt()
    expect(spawnSync('grep', ['-rlF', String(key), folder.path], { encoding: 'utf8' }).stdout).toBe('')
  })

  it('dies whole when its process group is killed', async () => {
    const product = startProduct(folder.path)
    await product.ready
    await product.kill()
    expect(await untilGone(folder.path)).toEqual([])
  })

  it('refuses a folder that another one works on', async () => {
    const first = startProduct(folder.path)
    await first.ready
    const second = startProduct(folder.path)
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.errors()).toContain('another Gridgate is running')
    await first.interrupt()
  })

  it('says which option to change when the port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const product = startProduct(folder.path, '--port', String(port))
    expect(await product.ended).toEqual({ code: 1, signal: null })
    expect(product.errors()).toContain('--port')
    expect(await untilGone(folder.path)).toEqual([])
    server.close()
  })
})

describe('options', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['packages/local/src/main.ts', ...args], { cwd: root, encoding: 'utf8' })

  it.each([
    ['--port', 'x'],
    ['--port', '70000'],
    ['--nonsense'],
    ['--insecure', '--host', '0.0.0.0'],
    ['extra'],
  ])('%s %s is refused in one line with exit code 2', (...args) => {
    const { status, stderr } = run(...args.filter((arg) => arg !== undefined))
    expect([status, stderr.trim().split('\n').length]).toEqual([2, 1])
  })

  it('--help says what there is', () => {
    const { status, stdout } = run('--help')
    expect(status).toBe(0)
    for (const option of ['--port', '--host', '--data', '--insecure', '--no-tour', '--json'])
      expect(stdout).toContain(option)
  })
})

describe('the repository after a start', () => {
  it('has the data folder ignored by git', () => {
    expect(readFileSync(`${root}/.gitignore`, 'utf8')).toContain('.gridgate/')
    expect(statSync(folder.path).mode & 0o777).toBe(0o700)
  })
})
