import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { nodeBundle } from '../cloud/node-bundle.ts'
import { type Bundle, bundles } from './bundle-list.ts'
import { leanPlugin } from './lean-plugin.ts'
import { buildPolicyFolder } from './policy-folder.ts'
import { copyFile, functionsFolder, mapsFolder, programFile, repository, write } from './write-file.ts'

/** Where a build is written, unless told otherwise. */
export const distFolder = join(repository, 'dist')

/**
 * Writes every function as it is deployed: one folder each, and the source maps of all beside them. The same sources give the
 * same bytes. Appears whole or not at all.
 */
export async function buildBundles(folder: string = distFolder, only: readonly Bundle[] = bundles): Promise<void> {
  const draft = `${folder}.${process.pid}.draft`
  await rm(draft, { recursive: true, force: true })
  try {
    await mkdir(join(draft, mapsFolder), { recursive: true })
    for (const alike of byParts(only)) await buildTogether(alike, draft)
    if (only === bundles) await buildPolicyFolder(draft)
    await rm(folder, { recursive: true, force: true })
    await rename(draft, folder)
  } finally {
    await (await import('esbuild')).stop() // its process would stay otherwise
    await rm(draft, { recursive: true, force: true })
  }
}

/** Bundles of the same parts are built together, which is faster. */
const byParts = (given: readonly Bundle[]): Bundle[][] => [...Map.groupBy(given, ({ parts }) => parts.join()).values()]

async function buildTogether(alike: readonly Bundle[], folder: string): Promise<void> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    ...nodeBundle,
    entryPoints: alike.map(({ name, module }) => ({ in: join(repository, module), out: name })),
    outdir: join(folder, functionsFolder),
    outExtension: { '.js': '.mjs' },
    absWorkingDir: repository,
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [leanPlugin(alike[0]?.parts ?? [])],
    write: false,
  })
  for (const { path, contents } of outputFiles) {
    const isMap = path.endsWith('.map')
    await write(isMap ? join(folder, mapsFolder, basename(path)) : path.replace(/\.mjs$/, `/${programFile}`), contents)
  }
  for (const { name, beside } of alike)
    for (const file of beside) await copyFile(join(repository, file), join(folder, functionsFolder, name, file))
}
