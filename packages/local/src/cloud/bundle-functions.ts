import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { bundleCache } from '../cache-folder.ts'
import { bundleForNode } from './node-bundle.ts'

/** Bundles that nobody used for so long are removed, and what an interrupted start left, in milliseconds. */
const unusedMsMax = 7 * 24 * 3_600_000

const root = join(import.meta.dirname, '../../../..')
/** What functions are made of. */
const sources = '{functions,workflows,packages/{core,http,kube,remote,runtime,storage}/src}/**/*.ts'

/**
 * Gives the file to load for a module of functions: the module with all it imports in a few small files, as a deployment
 * has it, which halves a worker's start and memory. Bundled once for each state of the sources, when first asked for.
 */
export function functionBundles(modules: readonly string[]): (module: string) => Promise<string> {
  let bundled: Promise<string> | undefined
  return async (module) => {
    bundled ??= bundle([...new Set(modules)]).catch((error: unknown) => {
      bundled = undefined
      throw error
    })
    return join(await bundled, relative(root, module).replace(/\.ts$/, '.mjs'))
  }
}

/** The folder of the bundles. */
async function bundle(modules: readonly string[]): Promise<string> {
  const folder = join(bundleCache, await digestOf(modules))
  if (existsSync(folder)) {
    await utimes(folder, new Date(), new Date())
    return folder
  }
  const unfinished = `${folder}.${randomUUID()}`
  try {
    await build(modules, unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!existsSync(folder)) throw error // otherwise another process was faster, and made the same
  }
  await removeUnused()
  return folder
}

async function digestOf(modules: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(modules.join('\n'))
  const files: string[] = []
  for await (const file of glob(sources, { cwd: root, exclude: ['**/*.test.ts'] })) files.push(file)
  const how = join(import.meta.dirname, 'node-bundle.ts')
  for (const file of ['package-lock.json', relative(root, import.meta.filename), relative(root, how), ...files.sort()])
    hash.update(`\0${file}\0`).update(await readFile(join(root, file)))
  return hash.digest('hex').slice(0, 32)
}

function build(modules: readonly string[], folder: string): Promise<void> {
  return bundleForNode({
    entryPoints: [...modules],
    absWorkingDir: root,
    outbase: root,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
  })
}

async function removeUnused(): Promise<void> {
  for (const name of await readdir(bundleCache)) {
    const folder = join(bundleCache, name)
    const found = await stat(folder).catch(() => null) // another process may have removed or finished it
    if (found && Date.now() - found.mtimeMs > unusedMsMax) await rm(folder, { recursive: true, force: true })
  }
}
