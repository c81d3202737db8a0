import { readFileSync, writeFileSync } from 'node:fs'
import { measure } from './measure.ts'
import { filled, sections } from './page.ts'

const help = `Counts what operations write on the real repositories, and writes the tables of docs/scale.md.

usage: npm run scale -- [--check]

  --check   writes nothing; ends with 1 when the page says something else
  --help    this text
`
const file = new URL('../../docs/scale.md', import.meta.url)
const [option = ''] = process.argv.slice(2)
if (option === '--help') process.stdout.write(help)
else if (option !== '' && option !== '--check') {
  process.stderr.write(`scale: there is no ${option}; --help tells the options\n`)
  process.exitCode = 2
} else {
  const before = readFileSync(file, 'utf8')
  const after = filled(before, sections(await measure()))
  if (option === '') writeFileSync(file, after)
  if (before !== after) process.stdout.write(`docs/scale.md ${option === '' ? 'was' : 'is to be'} brought up to date\n`)
  process.exitCode = option === '--check' && before !== after ? 1 : 0
}
