import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePorts } from '../real/control-plane/free-ports.ts'
import { installation } from './installation.ts'
import { startReaper } from './reaper.ts'

/** How long a start may take on a busy machine, in milliseconds. */
const startMsMax = 90_000
const askAgainMs = 100
/** How long it may take to stop by itself, in milliseconds: some instances never do. */
const stopMsMax = 4000
const logCharactersMax = 3000

export interface LocalStack {
  url: string
  /** Everything that it has said. */
  log: string
  stop(): Promise<void>
}

/** Starts LocalStack on loopback, on a free port unless one is named, with a temporary folder for its state. */
export async function startLocalStack(port?: number): Promise<LocalStack> {
  const folder = mkdtempSync(join(tmpdir(), 'gridgate-localstack-'))
  const state = join(folder, 'var/lib/localstack')
  mkdirSync(state, { recursive: true })
  symlinkSync(join(installation, 'files/var/lib/localstack/lib'), join(state, 'lib'))
  const [free = 0, database = 0] = await freePorts(2)
  const wanted = port ?? free
  const python = join(installation, 'venv/bin/python')
  // A group of its own, so that it can be ended whole.
  const child = spawn(python, ['-m', 'localstack.runtime.main'], {
    env: settings(folder, wanted, database),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const reaper = startReaper(child.pid ?? 0, folder)
  const log = join(folder, 'localstack.log')
  const file = createWriteStream(log)
  child.stdout.pipe(file)
  child.stderr.pipe(file)
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await endGracefully(child)
    await reaper.reap()
  }
  const url = `http://127.0.0.1:${wanted}`
  try {
    await answering(url, child, log)
  } catch (error) {
    await stop()
    throw error
  }
  return { url, log, stop }
}

/** The whole environment of LocalStack: nothing of the user's AWS settings reaches it. */
const settings = (folder: string, port: number, databasePort: number): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  HOME: folder,
  TMPDIR: folder,
  FILESYSTEM_ROOT: folder,
  // Otherwise a machine that looks like a container makes it write outside of its folder, and remove there at its end.
  OVERRIDE_IN_DOCKER: '0',
  GATEWAY_LISTEN: `127.0.0.1:${port}`,
  // The default server listens on all interfaces, whatever GATEWAY_LISTEN says.
  GATEWAY_SERVER: 'hypercorn',
  // Queue URLs without a name that only the internet resolves.
  LOCALSTACK_HOST: `127.0.0.1:${port}`,
  SQS_ENDPOINT_STRATEGY: 'path',
  LAMBDA_RUNTIME_EXECUTOR: 'gridgate',
  DYNAMODB_LOCAL_PORT: String(databasePort),
  DDB_LOCAL_TELEMETRY: '0',
  // Nothing is sent to, or fetched from, its makers.
  DISABLE_EVENTS: '1',
  SKIP_SSL_CERT_DOWNLOAD: '1',
  DNS_ADDRESS: '0',
})

async function answering(url: string, child: ChildProcess, log: string): Promise<void> {
  const end = performance.now() + startMsMax
  for (;;) {
    const reply = await fetch(`${url}/_localstack/health`).catch(() => null)
    await reply?.arrayBuffer()
    if (reply?.ok) return
    if (child.exitCode !== null || performance.now() > end)
      throw new Error(`LocalStack does not answer:\n${readFileSync(log, 'utf8').slice(-logCharactersMax)}`)
    await delay(askAgainMs)
  }
}

/** Asks it to end, and leaves the rest to the reaper. */
async function endGracefully(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await Promise.race([ended, delay(stopMsMax, undefined, { ref: false })])
}
