import { parseArgs } from 'node:util'
import { places } from './places.ts'
import { buildSnapshot } from './snapshot/ensure-snapshot.ts'
import { writeSnapshot } from './snapshot/write-snapshot.ts'

// Builds the memory snapshot ahead of the first policy, for example at installation or when a deployment is packed.
// usage: node build-snapshot.ts [FOLDER]     (--write: in this process, whether or not it is there)
const { values, positionals } = parseArgs({ options: { write: { type: 'boolean' } }, allowPositionals: true })
const folder = positionals[0] ?? places.snapshots
const { file, built } = values.write ? { file: await writeSnapshot(folder), built: true } : await buildSnapshot(folder)
process.stdout.write(`policy snapshot ${built ? 'built' : 'present'}: ${file}\n`)
process.exit(0)
