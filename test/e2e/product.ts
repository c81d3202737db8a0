import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const root = join(import.meta.dirname, '../..')
const startSecondsMax = 60

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
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: never; headers: Headers }>
  interrupt(): Promise<void>
  kill(): Promise<void>
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gridgate-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export function startProduct(data: string, ...options: string[]): Product {
  const child = spawn(
    process.execPath,
    ['packages/local/src/main.ts', '--json', '--port', '0', '--data', data, ...options],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    },
  )
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
      const timer = setTimeout(
        () => reject(new Error(`no ${event} within ${startSecondsMax} s; ${errors}`)),
        startSecondsMax * 1000,
      )
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
        reject(new Error(`the product ended before it said ${event}: ${errors}`))
      })
      look()
    })
  const ready = until('ready') as Promise<Ready>
  // Whoever needs it awaits it; a product that is expected to refuse has no ready event.
  ready.catch(() => {})
  const group = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? 0), signal)
    } catch {
      // The group is gone already.
    }
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
      const response = await fetch(url + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as never, headers: response.headers }
    },
    async interrupt() {
      group('SIGINT')
      await ended
    },
    async kill() {
      group('SIGKILL')
      await ended
    },
  }
}
