import { AuditChain } from '@gridgate/core/audit/audit-entry'
import { outliveReader, readArguments as parse, readKey, readUrl, WrongUse } from '../command-line.ts'
import { reporter } from '../reporter.ts'
import { apiReader } from './read-pages.ts'
import { type VerifyOptions, verifyAudit } from './verify-audit.ts'

const help = `Checks the audit log of a running server, by its HTTP API only: every hash, every gap, every anchor.

usage: npm run audit -- verify [options]

  --url URL          of the server (default http://127.0.0.1:3000)
  --key KEY          a network-admin key (default: the variable GRIDGATE_KEY; none for a server started with --insecure)
  --day YYYY-MM-DD   only this day, in UTC
  --cluster ID       only this cluster, and the chains of the network that vouch for it
  --json             one JSON event a line instead of text
  --help             this text

exit code: 0 the log is intact, 1 it is broken, 2 wrong use or no answer
`

interface Given {
  url: string
  key: string | null
  json: boolean
  options: VerifyOptions
}

/** @throws {WrongUse}; null asks for help */
function readArguments(): Given | null {
  const { values, positionals } = parse({
    allowPositionals: true,
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      key: { type: 'string' },
      day: { type: 'string' },
      cluster: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  if (positionals.length !== 1 || positionals[0] !== 'verify') throw new WrongUse('the one command is verify')
  if (values.day !== undefined && !AuditChain.shape.day.safeParse(values.day).success)
    throw new WrongUse(`--day must be a day of the calendar, YYYY-MM-DD, not ${values.day || 'empty'}`)
  if (values.cluster === '') throw new WrongUse('--cluster is empty')
  return {
    url: readUrl(values.url),
    key: readKey(values.key),
    json: values.json,
    options: { day: values.day ?? null, clusterId: values.cluster ?? null },
  }
}

async function verify({ url, key, json, options }: Given): Promise<number> {
  const report = reporter(json)
  const { chains, entries, flaws } = await verifyAudit(apiReader(url, key), options)
  for (const { cluster_id, day, sequence, says } of flaws) {
    const where = `${cluster_id === null ? 'the network' : `cluster ${cluster_id}`}, ${day}, entry ${sequence}`
    report.tell('audit.broken', `broken: ${where}: ${says}`, { cluster_id, day, sequence, says })
  }
  const isIntact = flaws.length === 0
  const counted = `${entries} entries in ${chains} chains`
  const text = isIntact ? `intact: ${counted}` : `broken: ${flaws.length} of ${chains} chains`
  report.tell('audit.verified', text, { intact: isIntact, chains, entries, broken: flaws.length })
  return isIntact ? 0 : 1
}

async function main(): Promise<number> {
  try {
    const given = readArguments()
    if (given !== null) return await verify(given)
    process.stdout.write(help)
    return 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}; see npm run audit -- --help\n`)
    return 2
  }
}

outliveReader()
process.exitCode = await main()
