import { availableParallelism, cpus, loadavg } from 'node:os'
import { outliveReader, readArguments, WrongUse } from '@gridgate/local/command-line'
import { bundles } from './bundles.ts'
import { decisions } from './decisions.ts'
import { failover } from './failover.ts'
import { infra } from './infra.ts'
import { metrics } from './metrics.ts'
import { nodes } from './nodes.ts'
import { requests } from './requests.ts'
import { type Claim, isKept, type Section } from './section.ts'
import { stack } from './stack.ts'
import { start } from './start.ts'

const sections: readonly Section[] = [start, requests, stack, bundles, decisions, metrics, infra, nodes, failover]

const help = `Measures what Gridgate promises, beside peers in the same run, taking turns. It fails when a promise is not kept.

usage: npm run bench -- [SECTION...] [options]

${sections.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n')}

  --json     one JSON document with every measured value instead of text
  --help     this text

exit code: 0 all promises were kept, 1 one was not, 2 wrong use

All sections run unless some are named. Run it on a quiet machine: the spread of the values says how quiet it was.
`

async function main(): Promise<number> {
  const { values, positionals } = readArguments({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  })
  const unknown = positionals.filter((name) => !sections.some((section) => section.name === name))
  if (unknown.length > 0) throw new WrongUse(`there is no section ${unknown.join(', ')}`)
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const say = (text: string): boolean => values.json || process.stdout.write(text)
  const found: Record<string, Claim[]> = {}
  for (const { name, run } of sections.filter((one) => positionals.length === 0 || positionals.includes(one.name))) {
    say(`\n${name}\n`)
    found[name] = await run()
    for (const one of found[name]) say(`${lineOf(one)}\n`)
  }
  const machine = { node: process.version, cores: availableParallelism(), model: cpus()[0]?.model, load: loadavg() }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, found }, null, 2)}\n`)
  else say(`\n${JSON.stringify(machine)}\n`)
  return Object.values(found).flat().every(isKept) ? 0 : 1
}

/** Values to show beside a claim; `--json` has all. */
const shownMax = 10

function lineOf(one: Claim): string {
  const { what, unit, value, bound, values } = one
  const mark = bound === null ? ' ' : isKept(one) ? '✓' : '✗'
  const wanted = bound === null ? '' : 'atMost' in bound ? `at most ${bound.atMost}` : `at least ${bound.atLeast}`
  const spread = `${short(Math.min(...values))} to ${short(Math.max(...values))}`
  const raw = values.length > shownMax ? `${values.length} values` : values.map(short).join(' ')
  return `  ${mark} ${what.padEnd(52)} ${short(value).padStart(8)} ${unit.padEnd(10)} ${wanted.padEnd(14)} ${spread} (${raw})`
}

const short = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 3)

outliveReader()
process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof WrongUse)) throw error
  process.stderr.write(`bench: ${error.message}; --help tells the sections and options\n`)
  return 2
})
