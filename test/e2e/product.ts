import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

export const root = join(import.meta.dirname, '../..')
const startSecondsMax = 60
/** The same where functions and tables are made on another cloud than the embedded one. */
const deploySecondsMax = 180
/** How long the last process of a stopped product may take to go. */
const goneSecondsMax = 20

/** One line that the product said with `--json`. */
export interface Said {
  event: string
  [field: string]: unknown
}

export interface Ready extends Said {
  url: string
  key: string | null
  kubeconfig: string
  aws: { endpoint: string; region: string; accessKeyId: string; secretAccessKey: string }
}

export interface Called {
  status: number
  body: never
  headers: Headers
}

/** The product as a user starts it, in a process group of its own. */
export interface Product {
  child: ChildProcess
  said: Said[]
  /** What it wrote to standard error. */
  errors(): string
  /** Resolves when it says so; rejects when it ends before. */
  until(event: string): Promise<Said>
  ready: Promise<Ready>
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** With the key of this start, unless the headers bring a credential. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Called>
  interrupt(): Promise<void>
  kill(): Promise<void>
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gridgate-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Command lines of the processes that mention a folder: the server and everything it started for itself. */
export const processesOf = (path: string): { pid: number; command: string }[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+ /, '') }))

/** Process ids of a process and of everything below it. */
export function familyOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const family = [pid]
  for (const member of family)
    family.push(...rows.filter(([, parent]) => parent === member).map(([child = 0]) => child))
  return family
}

/** Those of the processes that still run; one that has ended and waits to be collected does not. */
export const alive = (pids: readonly number[]): number[] =>
  execFileSync('ps', ['-eo', 'pid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /\d+ +[^Z]/.test(line))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pids.includes(pid))

/** Waits until a claim holds, and gives up after a while. */
export async function eventually(
  claim: () => boolean | Promise<boolean>,
  secondsMax = goneSecondsMax,
): Promise<boolean> {
  for (const end = Date.now() + secondsMax * 1000; Date.now() < end; await delay(50)) if (await claim()) return true
  return claim()
}

/** Starts `main.ts` with `--json` on a data folder and any free port. */
export function startProduct(data: string, ...options: string[]): Product {
  const main = ['packages/local/src/main.ts', '--json', '--port', '0', '--data', data, ...options]
  return watch(spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...main], spawnOptions()))
}

/** Starts it on another cloud than the embedded one: what `given` says of AWS reaches it. */
export function startProductOn(given: NodeJS.ProcessEnv, data: string, ...options: string[]): Product {
  const main = ['packages/local/src/main.ts', '--json', '--port', '0', '--data', data, ...options]
  const { env, ...common } = spawnOptions()
  const aws = Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith('AWS_')))
  const started = { ...common, env: { ...env, ...aws } }
  return watch(spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...main], started), deploySecondsMax)
}

/** Starts it as `npm start` does, by the script that looks for the right Node. */
export function startByScript(data: string, ...options: string[]): Product {
  const main = ['packages/local/src/main.ts', '--json', '--port', '0', '--data', data, ...options]
  return watch(spawn('sh', ['packages/local/bin/run.sh', ...main], spawnOptions()))
}

/** Starts it as the child of a shell that stands between; `child` is the shell. */
export function startBelowShell(data: string, ...options: string[]): Product {
  const main = ['packages/local/src/main.ts', '--json', '--port', '0', '--data', data, ...options]
  // The second command keeps the shell from becoming the product itself.
  return watch(spawn('sh', ['-c', '"$@"; exit', 'shell', process.execPath, ...main], spawnOptions()))
}

/** Variables that reach the product: also addresses of real clusters on this machine, and where used rights are noted. */
const passedOn = [
  ...['PATH', 'HOME', 'GRIDGATE_OUTBOUND_LOCAL', 'GRIDGATE_NOTIFY_URLS', 'GRIDGATE_NOTIFY_SECRET'],
  'GRIDGATE_RIGHTS_FILE',
]

const spawnOptions = (): SpawnOptions => ({
  cwd: root,
  detached: true,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: Object.fromEntries(passedOn.map((name) => [name, process.env[name]])),
})

function watch(child: ChildProcess, secondsMax = startSecondsMax): Product {
  const said: Said[] = []
  const listeners = new Set<() => void>()
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk)
  })
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(JSON.parse(line) as Said)
      for (const listener of [...listeners]) listener()
    })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal })),
  )
  const until = (event: string): Promise<Said> =>
    new Promise((resolve, reject) => {
      const give = (reason: string): void => reject(new Error(`${reason}: ${errors}`))
      const timer = setTimeout(() => give(`no ${event} within ${secondsMax} s`), secondsMax * 1000)
      const look = (): void => {
        const found = said.find((one) => one.event === event)
        if (!found) return
        clearTimeout(timer)
        listeners.delete(look)
        resolve(found)
      }
      listeners.add(look)
      void ended.then(() => {
        clearTimeout(timer)
        give(`the product ended before it said ${event}`)
      })
      look()
    })
  const ready = until('ready') as Promise<Ready>
  // Whoever needs it awaits it; a product that is expected to refuse has no ready event.
  ready.catch(() => {})
  const group = async (signal: NodeJS.Signals): Promise<void> => {
    try {
      process.kill(-(child.pid ?? 0), signal)
    } catch {
      // The group is gone already.
    }
    await ended
  }
  return {
    child,
    said,
    errors: () => errors,
    until,
    ready,
    ended,
    async call(method, path, body, headers = {}) {
      const { url, key } = await ready
      return call(url, method, path, body, { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...headers })
    },
    interrupt: () => group('SIGINT'),
    kill: () => group('SIGKILL'),
  }
}

/** One request of the public API. */
export async function call(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Called> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as never, headers: response.headers }
}
