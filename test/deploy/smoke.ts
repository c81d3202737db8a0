import { parseArgs } from 'node:util'
import { type Outcome, smoke } from './smoke-checks.ts'

const help = `Checks a deployed stage from outside; nothing is written there.

usage: npm run deploy-smoke -- --url URL [--key KEY] [--json]

  --url URL   address of the API, https://… (what sst deploy prints)
  --key KEY   key or token of a cluster-manager or network-admin; also from GRIDGATE_KEY, which no process list shows
  --json      one JSON object a line instead of text
  --help      this text

ends with 0 when all is well, 1 when a check failed, 2 for a wrong command line
`

process.exitCode = await main()

async function main(): Promise<number> {
  const options = read()
  if (options === null) {
    process.stdout.write(help)
    return 0
  }
  if (typeof options === 'string') {
    process.stderr.write(`deploy-smoke: ${options}; --help tells the options\n`)
    return 2
  }
  let failed = 0
  for await (const outcome of smoke(options.url, options.key)) {
    if (outcome.error !== null) failed += 1
    process.stdout.write(`${options.isJson ? JSON.stringify(outcome) : lineOf(outcome)}\n`)
  }
  return failed === 0 ? 0 : 1
}

/** The options; null asks for help, a text says what is wrong. */
function read(): { url: string; key: string; isJson: boolean } | string | null {
  let values: { url?: string; key?: string; json?: boolean; help?: boolean }
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean' } as const
    values = parseArgs({ options: { url: text, key: text, json: flag, help: flag } }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (values.help) return null
  const { url, key = process.env.GRIDGATE_KEY } = values
  if (url === undefined || !URL.canParse(url)) return '--url must be an address'
  if (!key) return '--key or GRIDGATE_KEY is missing'
  return { url: url.replace(/\/$/, ''), key, isJson: values.json ?? false }
}

function lineOf({ check, ms, error }: Outcome): string {
  const verdict = error === null ? 'ok    ' : 'FAILED'
  return `${verdict} ${String(ms).padStart(6)} ms  ${check}${error === null ? '' : `: ${error}`}`
}
