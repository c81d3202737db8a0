import { readFileSync, writeFileSync } from 'node:fs'
import { readArguments } from '@gridgate/local/command-line'
import { measure } from './measure.ts'
import { filled, sections } from './page.ts'

const help = `Counts what operations write on the real repositories, and writes the tables of docs/scale.md.

usage: npm run scale -- [--check]

  --check   writes nothing; ends with 1 when the page says something else
  --help    this text

exit code: 0 the page is as it should be now, 1 it is not, 2 wrong use
`
const file = new URL('../../docs/scale.md', import.meta.url)

process.exitCode = await main()

async function main(): Promise<number> {
  const flag = { type: 'boolean', default: false } as const
  let asked: { check: boolean; help: boolean }
  try {
    asked = readArguments({ options: { check: flag, help: flag } }).values
  } catch (error) {
    process.stderr.write(`scale: ${error instanceof Error ? error.message : error}; --help tells the options\n`)
    return 2
  }
  if (asked.help) {
    process.stdout.write(help)
    return 0
  }
  const before = readFileSync(file, 'utf8')
  const after = filled(before, sections(await measure()))
  if (!asked.check) writeFileSync(file, after)
  if (before !== after) process.stdout.write(`docs/scale.md ${asked.check ? 'is to be' : 'was'} brought up to date\n`)
  return asked.check && before !== after ? 1 : 0
}
