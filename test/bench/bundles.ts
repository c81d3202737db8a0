import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { buildBundles, bundleBytes } from '@gridgate/local/bundles/build-bundles'
import { policyBundle } from '@gridgate/local/bundles/bundle-list'
import { functionsFolder, programFile, repository } from '@gridgate/local/bundles/write-file'
import { nodeBundle } from '@gridgate/local/cloud/node-bundle'
import { admit, policyWith, requestOf } from '../../packages/sandbox/test/policy-source.ts'
import { temporaryFolder } from '../e2e/product.ts'
import { type Claim, claim, type Section } from './section.ts'

const rounds = 15
const eventsPerRound = 2000

/** What ours are held against: each as its author shows it, bundled like ours but for what only ours leaves out. */
const peers: Readonly<Record<string, string>> = {
  'a bare DynamoDB client': `import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
    const client = new DynamoDBClient({})
    export const handler = async () => ({ statusCode: 200, body: String(client.config.apiVersion) })`,
  'hono/aws-lambda alone': `import { Hono } from 'hono'
    import { handle } from 'hono/aws-lambda'
    export const handler = handle(new Hono().get('/healthz', (context) => context.json({ status: 'ok' })))`,
  middy: `import middy from '@middy/core'
    export const handler = middy().handler(async () => ({ statusCode: 200, body: '{"status":"ok"}' }))`,
  'a raw handler': `export const handler = async () => ({ statusCode: 200, body: '{"status":"ok"}' })`,
}
const [bare, , , raw] = Object.keys(peers) as [string, string, string, string]

/** One of ours of each kind; the first two are endpoints with and without policies. */
const ours = [
  'clusters-create',
  'clusters-read',
  'infra-create',
  'system-not-found',
  'system-health',
  'internal-receive-alarm',
].concat('workflow-failover', 'workflow-create-cluster-infra')

/** Size and start of functions as they are deployed, and what an event costs beside its work. */
export const bundles: Section = {
  name: 'bundles',
  about:
    'size and import of deployed functions beside a bare DynamoDB client, hono and middy; a policy from cold; an event',
  async run() {
    const folder = temporaryFolder()
    try {
      await buildBundles(join(folder.path, 'dist'))
      const built = (name: string): string => join(folder.path, 'dist', functionsFolder, name, programFile)
      const files = new Map(ours.map((name) => [name, built(name)]))
      for (const [name, source] of Object.entries(peers)) files.set(name, await buildPeer(folder.path, name, source))
      return [
        ...(await sizes(files)),
        ...(await imports(files)),
        ...(await events(files)),
        await policyFromCold(built(policyBundle)),
      ]
    } finally {
      folder.remove()
    }
  },
}

async function buildPeer(folder: string, name: string, contents: string): Promise<string> {
  const { build, stop } = await import('esbuild')
  const outfile = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`)
  await build({ ...nodeBundle, stdin: { contents, resolveDir: repository }, minify: true, outfile })
  await stop()
  return outfile
}

const sizes = (files: ReadonlyMap<string, string>): Promise<Claim[]> =>
  Promise.all(
    [...files].map(async ([name, file]) => {
      const isEndpoint = ours.includes(name) && !/^(internal|workflow)-/.test(name)
      return claim(
        `${name}, size`,
        'kB',
        [(ours.includes(name) ? await bundleBytes(dirname(file)) : (await stat(file)).size) / 1000],
        isEndpoint ? { atMost: 800 } : null,
      )
    }),
  )

/** The import of each in a fresh process, taking turns; ours also as a multiple of the bare client's in the same round. */
async function imports(files: ReadonlyMap<string, string>): Promise<Claim[]> {
  const measured = new Map([...files.keys()].map((name) => [name, [] as number[]]))
  const script = `const begun = performance.now(); await import(process.argv[1]); process.stdout.write(String(performance.now() - begun))`
  for (let round = 0; round < rounds; round++)
    for (const [name, file] of files) measured.get(name)?.push(Number(await inProcess(script, file)))
  const reference = measured.get(bare) ?? []
  return [...measured].flatMap(([name, values]) => {
    const multiples = values.map((value, round) => value / (reference[round] ?? Number.NaN))
    const relative = claim(`${name}, import beside ${bare}`, 'times', multiples, { atMost: 1.3 })
    return ours.includes(name)
      ? [claim(`${name}, import`, 'ms', values), relative]
      : [claim(`${name}, import`, 'ms', values)]
  })
}

/** An event of API Gateway to each, in one process: what an endpoint does around its work. */
async function events(files: ReadonlyMap<string, string>): Promise<Claim[]> {
  const names = ['system-health', 'hono/aws-lambda alone', 'middy', raw]
  const script = `
    const handlers = await Promise.all(JSON.parse(process.argv[1]).map(async (file) => (await import(file)).handler))
    const http = { method: 'GET', path: '/healthz', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'bench' }
    const requestContext = { accountId: '000000000000', apiId: 'a', domainName: 'a.example.com', http, requestId: 'r', stage: '$default' }
    const event = { version: '2.0', routeKey: 'GET /healthz', rawPath: '/healthz', rawQueryString: '', requestContext, isBase64Encoded: false,
      headers: { host: 'a.example.com', accept: '*/*', 'user-agent': 'bench', 'x-forwarded-for': '192.0.2.1' } }
    const microseconds = async (handler) => {
      const begun = performance.now()
      for (let count = 0; count < ${eventsPerRound}; count++) {
        const { statusCode } = await handler(event, {})
        if (statusCode !== 200) throw new Error('answered ' + statusCode)
      }
      return (performance.now() - begun) * 1000 / ${eventsPerRound}
    }
    const rows = []
    for (let round = 0; round <= ${rounds}; round++) {
      const row = []
      for (const handler of handlers) row.push(await microseconds(handler))
      if (round > 0) rows.push(row)
    }
    process.stdout.write(JSON.stringify(rows))`
  const rows = JSON.parse(await inProcess(script, JSON.stringify(names.map((name) => files.get(name))))) as number[][]
  const over = (column: number): number[] =>
    rows.map((row) => (row[column] ?? Number.NaN) - (row[names.length - 1] ?? 0))
  return names
    .slice(0, -1)
    .map((name, column) =>
      claim(`${name}, an event over ${raw}`, 'µs', over(column), ours.includes(name) ? { atMost: 150 } : null),
    )
}

/** From the start of a process to a policy's verdict. */
async function policyFromCold(file: string): Promise<Claim> {
  const question = JSON.stringify({ op: 'evaluate', request: requestOf(policyWith(admit)) })
  const script = `
    const { handler } = await import(process.argv[1])
    const { allowed } = await handler(JSON.parse(process.argv[2]))
    if (allowed !== true) throw new Error('no verdict')
    process.stdout.write(String(performance.now()))
    await handler.close()`
  const values: number[] = []
  for (let round = 0; round < rounds; round++) values.push(Number(await inProcess(script, file, question)))
  return claim('a policy, from a process that starts to its verdict', 'ms', values, { atMost: 600 })
}

const outputBytesMax = 16 * 2 ** 20

/** Runs a script in a fresh process that has no environment but a region, and gives what it says. */
async function inProcess(script: string, ...args: string[]): Promise<string> {
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const env = { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' }
  const options = { env, maxBuffer: outputBytesMax }
  return (await promisify(execFile)(process.execPath, [...flags, ...args], options)).stdout
}
