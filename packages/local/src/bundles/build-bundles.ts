import { mkdir, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { nodeBundle } from '../cloud/node-bundle.ts'
import { type Bundle, bundles } from './bundle-list.ts'
import { leanPlugin } from './lean-plugin.ts'
import { buildPolicyFolder } from './policy-folder.ts'
import { copyFile, functionsFolder, mapsFolder, programFile, repository, write } from './write-file.ts'
import { writeWhole } from './write-whole.ts'

/** Where a build is written, unless told otherwise. */
export const distFolder = join(repository, 'dist')

/**
 * Writes every function as it is deployed: one folder each, and the source maps of each beside them. The same sources give the
 * same bytes. Appears whole or not at all.
 */
export async function buildBundles(folder: string = distFolder, only: readonly Bundle[] = bundles): Promise<void> {
  try {
    await writeWhole(folder, async (draft) => {
      await mkdir(join(draft, mapsFolder), { recursive: true })
      for (const bundle of only) await buildBundle(bundle, draft)
      if (only === bundles) await buildPolicyFolder(draft)
    })
  } finally {
    await (await import('esbuild')).stop() // its process would stay otherwise
  }
}

/** What a function imports only when it needs it stands in files of their own, which are not read before. */
async function buildBundle({ name, module, parts, beside }: Bundle, folder: string): Promise<void> {
  const { build } = await import('esbuild')
  const outdir = join(folder, functionsFolder, name)
  const { outputFiles } = await build({
    ...nodeBundle,
    entryPoints: [{ in: join(repository, module), out: basename(programFile, '.mjs') }],
    outdir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    chunkNames: 'part-[hash]',
    absWorkingDir: repository,
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [leanPlugin(parts)],
    write: false,
  })
  for (const { path, contents } of outputFiles)
    await write(path.endsWith('.map') ? join(folder, mapsFolder, name, basename(path)) : path, contents)
  for (const file of beside) await copyFile(join(repository, file), join(outdir, file))
}

/** Bytes of the code in a function's folder, all its files together. */
export async function bundleBytes(folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.mjs'))
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}
