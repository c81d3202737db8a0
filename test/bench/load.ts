import { execFile, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const autocannon = createRequire(import.meta.url).resolve('autocannon')
const connections = 20
const warmUpSeconds = 1
const seconds = 4

/** Something that answers requests. */
export interface Target {
  name: string
  url: string
  headers: Record<string, string>
}

/** What one round of load on one target showed. */
export interface Round {
  requestsPerSecond: number
  p99Ms: number
}

/** A server of the bench in a process of its own; it ends with this process. */
export interface Server {
  target: Target
  pid: number
  stop(): Promise<void>
}

/** Starts `servers/<program>.ts`, which says its address and headers in its first line. */
export async function startServer(name: string, program: string, args: readonly string[] = []): Promise<Server> {
  const file = `${import.meta.dirname}/servers/${program}.ts`
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const line = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    void ended.then(() => reject(new Error(`${program} ended before it listened`)))
  })
  return {
    pid: child.pid ?? 0,
    target: { name, ...(JSON.parse(line) as { url: string; headers: Record<string, string> }) },
    async stop() {
      child.stdin.end()
      await ended
    },
  }
}

/**
 * Loads the targets in turn, so that what else happens on the machine meets all alike. The order turns round each time.
 * @throws when a reply is not 200
 */
export async function alternate(targets: readonly Target[], rounds: number): Promise<Map<string, Round[]>> {
  const found = new Map<string, Round[]>(targets.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const target of round % 2 === 0 ? targets : targets.toReversed())
      found.get(target.name)?.push(await load(target))
  return found
}

async function load({ name, url, headers }: Target): Promise<Round> {
  const sent = Object.entries(headers).flatMap(([header, value]) => ['-H', `${header}=${value}`])
  const run = async (duration: number): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [
      autocannon,
      '-j',
      '-n',
      '-c',
      `${connections}`,
      '-d',
      `${duration}`,
      ...sent,
      url,
    ])
  await run(warmUpSeconds)
  const { stdout } = await run(seconds)
  const result = JSON.parse(stdout) as {
    requests: { average: number }
    latency: { p99: number }
    non2xx: number
    errors: number
  }
  if (result.non2xx + result.errors > 0) throw new Error(`${name}: ${result.non2xx + result.errors} requests failed`)
  return { requestsPerSecond: result.requests.average, p99Ms: result.latency.p99 }
}

/** Ours by the peer's in the same round: what changes on the machine between rounds cancels out. */
export const ratios = (ours: readonly number[], peers: readonly number[]): number[] =>
  ours.map((value, round) => value / (peers[round] ?? Number.NaN))
