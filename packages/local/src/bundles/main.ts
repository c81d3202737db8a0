import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { hasNoArguments } from '../command-line.ts'
import { buildBundles, bundleBytes, distFolder } from './build-bundles.ts'
import { functionsFolder, repository } from './write-file.ts'

const help = `Writes dist/functions, the functions as they are deployed.

usage: npm run build
`

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`

if (hasNoArguments('build', help)) {
  const begun = performance.now()
  await buildBundles()
  const folders = (await readdir(join(distFolder, functionsFolder))).map((name) =>
    join(distFolder, functionsFolder, name),
  )
  const sizes = await Promise.all(folders.map(bundleBytes))
  process.stdout.write(
    `${relative(repository, distFolder)}: ${sizes.length} functions, ${kilobytes(Math.min(...sizes))} to ` +
      `${kilobytes(Math.max(...sizes))}, in ${Math.round(performance.now() - begun)} ms\n`,
  )
}
