import { outliveReader, readArguments, readKey, readUrl } from '@gridgate/local/command-line'
import { type Outcome, smoke } from './smoke-checks.ts'

const help = `Checks a deployed stage from outside; nothing is written there.

usage: npm run deploy-smoke -- --url URL [--key KEY] [--json]

  --url URL   address of the API, https://… (what sst deploy prints)
  --key KEY   key or token of a cluster-manager or network-admin; also from GRIDGATE_KEY, which no process list shows
  --json      one JSON object a line instead of text
  --help      this text

ends with 0 when all is well, 1 when a check failed, 2 for a wrong command line
`

outliveReader()
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
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = readArguments({ options: { url: text, key: text, json: flag, help: flag } })
    if (values.help) return null
    const url = readUrl(values.url)
    const key = readKey(values.key)
    return key === null ? '--key or GRIDGATE_KEY is missing' : { url, key, isJson: values.json }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function lineOf({ check, ms, error }: Outcome): string {
  const verdict = error === null ? 'ok    ' : 'FAILED'
  return `${verdict} ${String(ms).padStart(6)} ms  ${check}${error === null ? '' : `: ${error}`}`
}
