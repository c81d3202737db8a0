import { createHash } from 'node:crypto'
import { cp, glob, mkdir, readFile, readlink, symlink, utimes } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { writeWhole } from '@gridgate/local/bundles/write-whole'
import { bundleForNode } from '@gridgate/local/cloud/node-bundle'
import { hasNoArguments } from '@gridgate/local/command-line'

/** Where the image's files are written; Containerfile copies this folder and nothing else. */
export const distFolder = join(import.meta.dirname, 'dist')

const root = join(import.meta.dirname, '../..')
/** The program with everything of ours, except for the sandbox: that starts processes of its own from files of its own. */
const program = 'gridgate-controller.mjs'
const external = ['@gridgate/sandbox/*']

/** Files beside the program, for policies: the sandbox and what it runs on, in the folders where it looks for them. */
const beside: readonly { from: string; files: string; except?: string }[] = [
  { from: 'packages/sandbox', files: '{package.json,src/**/*.{ts,js,py}}', except: '**/*.test.ts' },
  {
    from: 'node_modules/pyodide',
    files: '{package.json,pyodide.asm.mjs,pyodide.asm.wasm,pyodide.mjs,python_stdlib.zip}',
  },
  { from: 'node_modules/isolated-vm', files: '{package.json,isolated-vm.js,prebuilds/linux-*/*.abi137.glibc.node}' },
  { from: 'node_modules/node-gyp-build', files: '{package.json,*.js}' },
  { from: 'node_modules/zod', files: '**/{package.json,*.js}', except: 'src/**' },
]

/** What was built: sizes in bytes, and a digest over the names and contents of all files. */
export interface Built {
  folder: string
  programBytes: number
  bytes: number
  files: number
  sha256: string
}

/** Writes everything that the image holds: the same sources give the same bytes. Appears whole or not at all. */
export async function buildController(folder: string = distFolder): Promise<Built> {
  await writeWhole(folder, async (draft) => {
    await bundle(join(draft, program))
    for (const { from, files, except = '' } of beside)
      for await (const file of glob(files, { cwd: join(root, from), exclude: except === '' ? [] : [except] }))
        await copy(join(root, from, file), join(draft, from, file))
    await mkdir(join(draft, 'node_modules/@gridgate'), { recursive: true })
    await symlink('../../packages/sandbox', join(draft, 'node_modules/@gridgate/sandbox'))
  })
  return measure(folder)
}

const bundle = (outfile: string): Promise<void> =>
  bundleForNode({
    entryPoints: [join(import.meta.dirname, 'src/main.ts')],
    absWorkingDir: root,
    outfile,
    external: [...external],
  })

/** Times differ from one checkout to the next and would be part of the image. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(from, to)
  await utimes(to, 0, 0)
}

async function measure(folder: string): Promise<Built> {
  const hash = createHash('sha256')
  let bytes = 0
  const names: string[] = []
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true }))
    if (!entry.isDirectory()) names.push(relative(folder, join(entry.parentPath, entry.name)))
  for (const name of names.sort()) {
    const content = await contentOf(join(folder, name))
    hash.update(`${name}\0${content.length}\0`).update(content)
    bytes += content.length
  }
  const programBytes = (await readFile(join(folder, program))).length
  return { folder, programBytes, bytes, files: names.length, sha256: hash.digest('hex') }
}

/** A link's content is where it leads. */
const contentOf = async (file: string): Promise<Buffer> =>
  readlink(file).then(
    (target) => Buffer.from(target),
    () => readFile(file),
  )

const help = `Writes packages/controller/dist, all that the controller's image holds.

usage: npm run build:controller
`

if (import.meta.main && hasNoArguments('build:controller', help)) {
  const { folder, programBytes, bytes, files, sha256 } = await buildController()
  const kilobytes = (count: number): string => `${Math.round(count / 1024)} KB`
  process.stdout.write(
    `${relative(root, folder)}: ${program} ${kilobytes(programBytes)}, ${files} files ${kilobytes(bytes)}, sha256 ${sha256}\n`,
  )
}
