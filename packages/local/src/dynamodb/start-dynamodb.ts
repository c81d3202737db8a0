import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createServer, Socket } from 'node:net'
import type { Log } from '../aws/log.ts'
import { systemClock } from '../clock.ts'

/** Deaths in a row after which the database is given up; a life of `steadyMsMin` starts the count again. */
const deathsMax = 5
const steadyMsMin = 30_000
/** Wait before the first restart in ms; doubles with each death in a row. */
const backoffMs = 100
/** How long one start may take until the database answers, in ms. */
const readyMsMax = 10_000
const askAgainMs = 10
/** How much of the program's last error output is logged. */
const complaintCharactersMax = 500

/** A running DynamoDB, restarted when it dies. */
export interface DynamoDb {
  /** Where it listens, for example `http://127.0.0.1:40123`; stays the same across restarts. */
  readonly endpoint: string
  /** Settled once the database answers; rejected when it cannot be started. */
  readonly ready: Promise<void>
  /** Ends the database; its data stays in the file. */
  stop(): Promise<void>
}

/**
 * Starts the embedded DynamoDB (dynoxide) over a file, on a free loopback port. It ends with `stop`, and within a second
 * of the death of this process, however that died; an interrupt of the terminal (Ctrl-C) does not reach it.
 * @throws when this platform has no build of it.
 */
export async function startDynamoDb(options: { file: string; log: Log }): Promise<DynamoDb> {
  const program = programPath()
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const { log } = options
  let child: ChildProcess
  let stopping = false
  let deaths = 0
  let takeBackRestart = (): void => {}

  const start = (): Promise<void> => {
    const started = Date.now()
    child = spawnGuarded(program, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', options.file])
    const complaint = lastWordsOf(child)
    const ended = endOf(child).then((code) => {
      if (stopping) return
      deaths = Date.now() - started > steadyMsMin ? 1 : deaths + 1
      log('dynamodb.died', { code, deaths, complaint: complaint() })
      if (deaths > deathsMax) return log('dynamodb.given_up', { deaths })
      takeBackRestart = systemClock.at(Date.now() + backoffMs * 2 ** (deaths - 1), () => {
        start().catch((error: unknown) => log('dynamodb.not_ready', { reason: String(error) }))
      })
    })
    return whenReady(endpoint, ended)
  }

  const ready = start()
  ready.catch(() => {}) // also told to whoever awaits it; unawaited it must not end the process
  return {
    endpoint,
    ready,
    async stop() {
      stopping = true
      takeBackRestart()
      child.ref()
      child.stdin?.end()
      await endOf(child)
    },
  }
}

function programPath(): string {
  const platform = `${process.platform}-${process.arch}`
  try {
    return createRequire(import.meta.url).resolve(`@dynoxide/${platform}/dynoxide`)
  } catch (cause) {
    throw new Error(
      `the embedded DynamoDB has no build for ${platform}; run a DynamoDB elsewhere and set AWS_ENDPOINT_URL_DYNAMODB to its address`,
      { cause },
    )
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no free loopback port')
  return address.port
}

/**
 * The guard holds the reading end of a pipe whose only writer is this process, so it learns of any death of ours from the
 * kernel. It asks the program to end, then, after half a second, makes it. Its own session keeps terminal signals away.
 */
const guardScript = `
exec 3<&0
"$@" </dev/null >/dev/null 3<&- &
program=$!
{ read -r _; kill -TERM $program; sleep 0.5; kill -KILL $program; } <&3 >/dev/null 2>&1 &
guard=$!
wait $program
status=$?
kill $guard 2>/dev/null
exit $status`

function spawnGuarded(program: string, args: readonly string[]): ChildProcess {
  const child = spawn('/bin/sh', ['-c', guardScript, 'guard', program, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: {},
  })
  child.stdin.on('error', () => {}) // the guard may be gone already when we close the pipe
  for (const pipe of [child.stdin, child.stderr]) if (pipe instanceof Socket) pipe.unref()
  child.unref()
  return child
}

/** Gathers the end of what the program says about its troubles. */
function lastWordsOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-complaintCharactersMax)
  })
  return () => text.trim()
}

/** Resolves with the exit code once the child has ended; at once when it has already. */
function endOf(child: ChildProcess): Promise<number> {
  const code = (): number => child.exitCode ?? 1
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(code())
  return new Promise((resolve) => {
    child.once('exit', () => resolve(code()))
    child.once('error', () => resolve(code()))
  })
}

/** Asks until the database answers. */
async function whenReady(endpoint: string, ended: Promise<void>): Promise<void> {
  let dead = false
  ended.then(
    () => {
      dead = true
    },
    () => {},
  )
  const until = Date.now() + readyMsMax
  while (!dead && Date.now() < until) {
    if (await answers(endpoint)) return
    await new Promise((resolve) => setTimeout(resolve, askAgainMs))
  }
  throw new Error(
    dead ? 'the embedded DynamoDB ended during its start' : 'the embedded DynamoDB did not answer in time',
  )
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    const reply = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'x-amz-target': 'DynamoDB_20120810.ListTables',
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-date': '20300101T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=ready/20300101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: '{"Limit":1}',
      signal: AbortSignal.timeout(1000),
    })
    return reply.ok && Array.isArray(((await reply.json()) as { TableNames?: unknown }).TableNames)
  } catch {
    return false
  }
}
