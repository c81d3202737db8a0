import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { namedPath, outliveReader, readArguments } from '@gridgate/local/command-line'
import { type Grant, grantsOf, judge, usedBy, type Verdict } from './granted.ts'
import { reasons } from './unused-reasons.ts'

const help = `Lists rights that functions have and did not use.

usage: npm run unused-rights -- [--all] [--json] FILE...

  FILE     what runs noted with GRIDGATE_RIGHTS_FILE=FILE: suites, or npm start
  --all    also those that test/rights/unused-reasons.ts has a reason for
  --json   one JSON object a line instead of text
  --help   this text

ends with 0 when each right was used or has a reason, 1 when one has neither or a reason excuses nothing,
2 for a wrong command line. Rights of the platform itself (log lines, traces, taking messages off queues) are not among them.
`

/** What all suites together note is a tenth of it. */
const linesMax = 1_000_000

outliveReader()
process.exitCode = await main()

async function main(): Promise<number> {
  const used = new Set<string>()
  let asked: ReturnType<typeof read>
  try {
    asked = read()
    if (asked.help) {
      process.stdout.write(help)
      return 0
    }
    if (asked.files.length === 0) throw new Error('no FILE is named')
    for (const file of asked.files) await readUsed(namedPath(file), used)
  } catch (error) {
    process.stderr.write(`unused-rights: ${error instanceof Error ? error.message : error}; --help tells the options\n`)
    return 2
  }
  const verdict = judge(grantsOf(), used, reasons)
  process.stdout.write((asked.json ? jsonOf : textOf)(verdict, asked.all))
  return verdict.unused.length === verdict.excused.length && verdict.stale.length === 0 ? 0 : 1
}

function read(): { files: string[]; json: boolean; all: boolean; help: boolean } {
  const flag = { type: 'boolean', default: false } as const
  const { values, positionals } = readArguments({
    options: { json: flag, all: flag, help: flag },
    allowPositionals: true,
  })
  return { ...values, files: positionals }
}

async function readUsed(file: string, used: Set<string>): Promise<void> {
  let at = 0
  for await (const line of createInterface({ input: createReadStream(file) })) {
    at += 1
    if (at > linesMax) throw new Error(`${file} has more than ${linesMax} lines`)
    try {
      used.add(usedBy(line))
    } catch {
      throw new Error(`line ${at} of ${file} is no right that was used`)
    }
  }
}

function lineOf({ functionName, action, resource, key, ports }: Grant): string {
  const condition = key === null ? '' : ` for ${key}`
  return `${functionName}: ${action} on ${resource}${condition} (${ports.join(', ')}): never used`
}

function textOf({ unused, excused, stale, granted }: Verdict, all: boolean): string {
  const shown = all ? unused : unused.filter((grant) => !excused.includes(grant))
  return [
    ...shown.map((grant) => `${lineOf(grant)}${excused.includes(grant) ? ', with a reason' : ''}`),
    ...stale.map((what) => `a reason excuses nothing: ${what}`),
    `${granted} rights: ${granted - unused.length} used, ${excused.length} unused with a reason, ${unused.length - excused.length} unused without; ${stale.length} reasons excuse nothing`,
    '',
  ].join('\n')
}

function jsonOf({ unused, excused, stale }: Verdict, all: boolean): string {
  const shown = unused.map((grant) => ({ ...grant, hasReason: excused.includes(grant) }))
  const lines = [...shown.filter(({ hasReason }) => all || !hasReason), ...stale.map((reason) => ({ stale: reason }))]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
