import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Programs } from './programs.ts'

const startMsMax = 20_000
const askAgainMs = 25

/** A program that was started, answering on loopback. */
export interface Running {
  url: string
  stop(): Promise<void>
}

/** The metrics database with the arguments of our own Deployment, as far as they matter here. */
export interface VictoriaMetrics extends Running {
  /** Takes series as lines of JSON and makes them visible to queries. */
  import(text: string): Promise<void>
}

export async function startVictoriaMetrics(programs: Programs, args: readonly string[] = []): Promise<VictoriaMetrics> {
  const folder = mkdtempSync(join(tmpdir(), 'gridgate-metrics-'))
  const running = await start(programs['victoria-metrics'], '/health', (port) => [
    `-storageDataPath=${folder}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=2d',
    '-search.maxQueryDuration=10s',
    '-loggerLevel=ERROR',
    ...args,
  ])
  return {
    ...running,
    async import(text) {
      const reply = await fetch(`${running.url}/api/v1/import`, { method: 'POST', body: text })
      if (!reply.ok) throw new Error(`import answered ${reply.status}`)
      await (await fetch(`${running.url}/internal/force_flush`)).arrayBuffer()
    },
    async stop() {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export const startNodeExporter = (programs: Programs): Promise<Running> =>
  start(programs['prometheus-node-exporter'], '/metrics', (port) => [
    '--collector.processes',
    `--web.listen-address=127.0.0.1:${port}`,
  ])

async function start(program: string, path: string, args: (port: number) => readonly string[]): Promise<Running> {
  const port = await freePort()
  const child = spawn(program, args(port), { stdio: 'ignore', env: {} })
  const kill = (): boolean => child.kill('SIGKILL')
  process.once('exit', kill)
  const url = `http://127.0.0.1:${port}`
  await answering(url + path, child)
  return {
    url,
    async stop() {
      process.off('exit', kill)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && kill()) await ended
    },
  }
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const started = Date.now()
  for (;;) {
    const reply = await fetch(url).catch(() => null)
    await reply?.arrayBuffer()
    if (reply?.ok) return
    if (child.exitCode !== null || Date.now() - started > startMsMax) throw new Error(`${url} does not answer`)
    await delay(askAgainMs)
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free loopback port')
  return address.port
}
