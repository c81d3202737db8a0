import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { type Grant, grantsOf, judge, usedBy, type Verdict } from './granted.ts'
import { reasons } from './unused-reasons.ts'

const help = `Lists rights that functions have and did not use.

usage: npm run unused-rights -- [--json] FILE...

  FILE     what runs noted with GRIDGATE_RIGHTS_FILE=FILE: suites, or npm start
  --all    also those that test/rights/unused-reasons.ts has a reason for
  --json   one JSON object a line instead of text
  --help   this text

ends with 0 when each right was used or has a reason, 1 when one has neither or a reason excuses nothing,
2 for a wrong command line. Rights of the platform itself (log lines, traces, taking messages off queues) are not among them.
`

/** What all suites together note is a tenth of it. */
const linesMax = 1_000_000

process.exitCode = await main()

async function main(): Promise<number> {
  const { files, isJson, all } = read()
  if (files === null) {
    process.stdout.write(help)
    return 0
  }
  const used = new Set<string>()
  try {
    if (files.length === 0) throw new Error('no FILE is named')
    for (const file of files) await readUsed(file, used)
  } catch (error) {
    process.stderr.write(`unused-rights: ${error instanceof Error ? error.message : error}; --help tells the options\n`)
    return 2
  }
  const verdict = judge(grantsOf(), used, reasons)
  process.stdout.write((isJson ? jsonOf : textOf)(verdict, all))
  return verdict.unused.length === verdict.excused.length && verdict.stale.length === 0 ? 0 : 1
}

function read(): { files: string[] | null; isJson: boolean; all: boolean } {
  try {
    const flag = { type: 'boolean', default: false } as const
    const { values, positionals } = parseArgs({
      options: { json: flag, all: flag, help: flag },
      allowPositionals: true,
    })
    return { files: values.help ? null : positionals, isJson: values.json, all: values.all }
  } catch {
    return { files: [], isJson: false, all: false }
  }
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
