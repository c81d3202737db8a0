import { execFile } from 'node:child_process'
import { glob } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Plugin } from 'esbuild'
import { nodeBundle } from '../cloud/node-bundle.ts'
import { policyBundle } from './bundle-list.ts'
import { leanPlugin } from './lean-plugin.ts'
import { copyFile, functionsFolder, mapsFolder, programFile, repository, write } from './write-file.ts'

const sandbox = join(repository, 'packages/sandbox/src')

/** Programs of the folder by the modules that they are made of: the function, a sandbox process, the taker of snapshots. */
const programs: Readonly<Record<string, string>> = {
  [programFile]: join(repository, 'functions/internal/evaluate-policy.ts'),
  'sandbox-process.mjs': join(sandbox, 'child/main.ts'),
  'take-snapshot.mjs': join(sandbox, 'build-snapshot.ts'),
}

/** Where the sandbox finds its files in the folder. What is missing there may only be built in the folder for temporary files. */
const places = `
  import { tmpdir } from 'node:os'
  import { join } from 'node:path'
  const at = (name) => join(import.meta.dirname, name)
  export const places = {
    child: at('sandbox-process.mjs'), builder: at('take-snapshot.mjs'), starter: at('sandbox-process.mjs'),
    code: [at('sandbox-process.mjs'), at('package.json'), at('realm.js'), at('python')], realm: at('realm.js'), python: at('python'),
    snapshots: import.meta.dirname, newSnapshots: tmpdir(),
    pyodide: at('pyodide'), isolatedVm: at('node_modules/isolated-vm'),
  }`

/** Files beside the programs: the interpreter and what it runs on, for Linux on x86_64 alone. */
const beside: readonly { from: string; files: string; to: string }[] = [
  { from: 'packages/sandbox/src/isolate', files: 'realm.js', to: '.' },
  { from: 'packages/sandbox/src/python', files: '*.py', to: 'python' },
  {
    from: 'node_modules/pyodide',
    files: '{package.json,pyodide.asm.mjs,pyodide.asm.wasm,pyodide.mjs,python_stdlib.zip}',
    to: 'pyodide',
  },
  {
    from: 'node_modules/isolated-vm',
    files: '{package.json,isolated-vm.js,prebuilds/linux-x64/*.abi137.glibc.node}',
    to: 'node_modules/isolated-vm',
  },
  { from: 'node_modules/node-gyp-build', files: '{package.json,*.js}', to: 'node_modules/node-gyp-build' },
]

/**
 * Writes the folder of the function that runs policies: complete, so that it starts without a network, from its own files.
 * @param draft the folder of the build
 */
export async function buildPolicyFolder(draft: string): Promise<void> {
  const folder = join(draft, functionsFolder, policyBundle)
  for (const [name, module] of Object.entries(programs)) await buildProgram(draft, folder, name, module)
  for (const { from, files, to } of beside)
    for await (const file of glob(files, { cwd: join(repository, from) }))
      await copyFile(join(repository, from, file), join(folder, to, file))
  await write(join(folder, 'package.json'), Buffer.from('{"type":"module"}\n'))
  await takeSnapshot(folder)
}

async function buildProgram(draft: string, folder: string, name: string, module: string): Promise<void> {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    ...nodeBundle,
    entryPoints: [module],
    outfile: join(folder, name),
    absWorkingDir: repository,
    external: ['isolated-vm'],
    minify: true,
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [placesPlugin, leanPlugin([])], // the first that knows a file reads it
    write: false,
  })
  for (const { path, contents } of outputFiles)
    await write(path.endsWith('.map') ? join(draft, mapsFolder, `${policyBundle}-${name}.map`) : path, contents)
}

const placesPlugin: Plugin = {
  name: 'places',
  setup(build) {
    build.onLoad({ filter: /packages\/sandbox\/src\/places\.ts$/ }, () => ({ contents: places, loader: 'js' }))
  },
}

const takeMsMax = 60_000

/**
 * The memory of an interpreter that has started. It holds a hash seed and so differs each time: one that was taken for the
 * same files is used again.
 */
async function takeSnapshot(folder: string): Promise<void> {
  const kept = join(repository, 'node_modules/.cache/gridgate/deployed')
  const args = ['--disable-warning=ExperimentalWarning', join(folder, 'take-snapshot.mjs'), kept]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: {}, cwd: tmpdir(), timeout: takeMsMax })
  const file = stdout.trim().replace(/^.*: /, '')
  await copyFile(file, join(folder, file.replace(/^.*\//, '')))
}
