import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { BuildOptions, Plugin } from 'esbuild'

/** What `app()` of sst.config.ts says, and the stage. */
export interface App {
  name: string
  stage: string
  removal: string
  protect: boolean
}

type Outputs = Record<string, unknown>

/** Calls `app()` as the CLI does before anything else. */
export async function bundleApp(root: string, stage: string): Promise<App> {
  const code = `import config from ${configOf(root)}; export const app = await config.app({ stage: ${JSON.stringify(stage)} })`
  const banner = { js: `${requireBanner}function $config(input) { return input }` }
  const { app } = (await load(root, 'synth.app.mjs', code, { banner })) as { app: App }
  return { ...app, stage }
}

/** Calls `run()` in SST's own wrapper, with its globals put in as the CLI does. */
export async function bundleRun(root: string, app: App): Promise<Outputs> {
  const platform = join(root, '.sst/platform')
  const work = join(root, '.sst')
  const paths = { home: join(work, 'home'), root, work, platform }
  const cli = { command: 'diff', dev: false, paths, state: { version: {} } }
  const wrapper = JSON.stringify(join(platform, 'src/auto/run.ts'))
  const code = `import { run } from ${wrapper}; import config from ${configOf(root)}; export default await run(config.run)`
  const { default: outputs } = (await load(root, 'synth.run.mjs', code, {
    plugins: [putGlobals(work, platform)],
    inject: [join(platform, 'src/shim/run.js')],
    define: { $app: JSON.stringify(app), $dev: 'false', $cli: JSON.stringify(cli) },
    banner: { js: requireBanner },
  })) as { default: Outputs }
  return outputs
}

const configOf = (root: string): string => JSON.stringify(join(root, 'sst.config.ts'))

const requireBanner =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);\n'

const external = [
  ...['@pulumi/*', 'undici', '@pulumiverse/*', '@sst-provider/*', '@aws-sdk/*', 'esbuild', 'archiver', 'glob', 'vite'],
]

async function load(root: string, name: string, contents: string, options: BuildOptions): Promise<unknown> {
  const platform = join(root, '.sst/platform')
  const { build } = createRequire(join(platform, 'package.json'))('esbuild') as typeof import('esbuild')
  // It must lie beside SST's libraries, which it finds by its own place.
  const outfile = join(platform, name)
  await build({
    stdin: { contents, resolveDir: root, sourcefile: 'synth.ts', loader: 'ts' },
    ...{ outfile, bundle: true, format: 'esm', platform: 'node', mainFields: ['module', 'main'], logLevel: 'error' },
    ...{ nodePaths: [join(platform, 'node_modules')], external },
    ...options,
  })
  return import(pathToFileURL(outfile).href)
}

/** Our files name `aws` and `sst` without importing them. */
function putGlobals(work: string, platform: string): Plugin {
  const locked = JSON.parse(readFileSync(join(work, 'provider-lock.json'), 'utf8')) as {
    alias: string
    package: string
  }[]
  const imports = [
    ...locked.map(({ alias, package: from }) => `import * as ${alias} from ${JSON.stringify(from)};`),
    `import * as sst from ${JSON.stringify(join(platform, 'src/components'))};`,
  ].join('')
  return {
    name: 'globals',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) =>
        path.startsWith(work) || path.includes('node_modules')
          ? undefined
          : { contents: `${imports}\n${readFileSync(path, 'utf8')}`, loader: 'ts' },
      )
    },
  }
}
