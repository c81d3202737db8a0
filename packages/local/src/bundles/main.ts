import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { buildBundles, bundleBytes, distFolder } from './build-bundles.ts'
import { functionsFolder, repository } from './write-file.ts'

// Writes what is deployed. usage: npm run build
const begun = performance.now()
await buildBundles()
const folders = (await readdir(join(distFolder, functionsFolder))).map((name) =>
  join(distFolder, functionsFolder, name),
)
const sizes = await Promise.all(folders.map(bundleBytes))
const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`
process.stdout.write(
  `${relative(repository, distFolder)}: ${sizes.length} functions, ${kilobytes(Math.min(...sizes))} to ` +
    `${kilobytes(Math.max(...sizes))}, in ${Math.round(performance.now() - begun)} ms\n`,
)
