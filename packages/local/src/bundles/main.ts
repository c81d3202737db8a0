import { glob, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { buildBundles, distFolder } from './build-bundles.ts'
import { functionsFolder, programFile, repository } from './write-file.ts'

// Writes what is deployed. usage: npm run build
const begun = performance.now()
await buildBundles()
const sizes: number[] = []
for await (const file of glob(`*/${programFile}`, { cwd: join(distFolder, functionsFolder) }))
  sizes.push((await stat(join(distFolder, functionsFolder, file))).size)
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`
process.stdout.write(
  `${relative(repository, distFolder)}: ${sizes.length} functions, ${kilobytes(Math.min(...sizes))} to ` +
    `${kilobytes(Math.max(...sizes))}, in ${Math.round(performance.now() - begun)} ms\n`,
)
