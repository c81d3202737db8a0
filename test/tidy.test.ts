import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { loadEndpoints } from '@gridgate/local/gateway/endpoints'
import { makeOpenApi } from '@gridgate/local/gateway/write-openapi'
import { portName } from '@gridgate/runtime/rights'
import { describe, expect, it } from 'vitest'
import { internals } from '../functions/internals.ts'
import { endpoints } from '../functions/manifest.ts'

const root = join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

/** Files that are, or will be, in the repository. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(join(root, file)))
const sources = files.filter((file) => file.endsWith('.ts') && !file.startsWith('packages/deployment/'))
const isTest = (file: string): boolean =>
  /\.test\.ts$|(^|\/)(test|contract|conformance|bench|golden)\/|\/contract\.ts$/.test(file)

describe('the top level', () => {
  it('holds the agreed names and no others', () => {
    const shown = [...new Set(files.map((file) => file.split('/')[0] ?? ''))].filter((name) => !name.startsWith('.'))
    expect(shown.sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'docs',
        'functions',
        'package-lock.json',
        'package.json',
        'packages',
        'policies',
        'sst.config.ts',
        'test',
        'tsconfig.json',
        'workflows',
      ].sort(),
    )
  })
})

describe('file names and sizes', () => {
  it('are kebab-case and say what is inside', () => {
    const vague = /(^|\/)(utils?|helpers?|common|manager|index)\.ts$/
    const odd = sources.filter((file) => !/^[a-z0-9.-]+\.ts$/.test(basename(file)) || vague.test(file))
    expect(odd).toEqual([])
  })

  it('fit their limits: 300 lines of code, 500 of tests', () => {
    const large = sources.flatMap((file) => {
      const lines = read(file).split('\n').length - 1
      return lines > (isTest(file) ? 500 : 300) ? [`${file}: ${lines}`] : []
    })
    expect(large).toEqual([])
  })
})

/** Who may import whom: DESIGN of the house, README.md shows the picture. `tests` may import everything. */
const rules: { folder: string; may: RegExp }[] = [
  { folder: 'packages/core/', may: /^(zod|node:(crypto|util))$/ },
  {
    folder: 'packages/storage/',
    may: /^(@gridgate\/core\/|zod$|@aws-sdk\/(client|lib)-dynamodb|@aws-lambda-powertools\/idempotency|node:)/,
  },
  { folder: 'packages/kube/', may: /^(@gridgate\/core\/|zod$|@kubernetes\/client-node|yaml$|node:)/ },
  {
    folder: 'packages/remote/',
    may: /^(@gridgate\/core\/|zod$|ipaddr\.js$|@smithy\/signature-v4$|@aws-sdk\/xml-builder$|node:)/,
  },
  { folder: 'packages/sandbox/', may: /^(@gridgate\/core\/|zod$|pyodide|isolated-vm$|node:)/ },
  { folder: 'packages/http/', may: /^(@gridgate\/core\/|hono|jose$|zod$|jsonc-parser$|swagger-ui-dist|node:)/ },
  {
    folder: 'packages/runtime/',
    may: /^(@gridgate\/(core|http|storage|kube|remote|sandbox)\/|@aws-sdk\/|@aws-lambda-powertools\/logger$|hono\/aws-lambda$|jose$|croner$|zod$|node:)/,
  },
  {
    folder: 'functions/',
    may: /^(@gridgate\/(core|http|runtime)\/|\.\.\/manifest\.ts$|\.\/(manifest-(failover|policies)|ports)\.ts$|\.\/openapi\.json$)/,
  },
  { folder: 'workflows/', may: /^(@gridgate\/core\/|@gridgate\/runtime\/step$)/ },
  {
    folder: 'packages/controller/src/',
    may: /^(@gridgate\/(core|http|kube|remote|sandbox)\/|hono|@hono\/node-server|jose$|zod$|node:)/,
  },
]

const importsOf = (file: string): string[] =>
  [
    ...read(file).matchAll(
      /(?:^|\n)\s*(?:import|export)[^'"\n]*?(?:\{[^}]*\}[^'"\n]*)?from '([^']+)'|import\('([^']+)'\)/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? '')

describe('imports', () => {
  it.each(rules)('of $folder stay inside what it may use', ({ folder, may }) => {
    const strays = sources
      .filter((file) => file.startsWith(folder) && !isTest(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((name) => !(name.startsWith('.') && folder.startsWith('packages/')) && !may.test(name))
          .map((name) => `${file}: ${name}`),
      )
    expect(strays).toEqual([])
  })

  it('by relative path stay inside the package', () => {
    const strays = sources
      .filter((file) => file.startsWith('packages/') && !isTest(file) && !file.startsWith('packages/local/'))
      .flatMap((file) =>
        importsOf(file)
          .filter(
            (name) => name.startsWith('.') && !join(file, '..', name).startsWith(file.split('/').slice(0, 2).join('/')),
          )
          .map((name) => `${file}: ${name}`),
      )
    expect(strays).toEqual([])
  })
})

describe('the manifest', () => {
  const rowFiles = endpoints.map(({ name }) => `functions/${name}.ts`)

  it('names every endpoint once, and every endpoint is named', () => {
    const endpointFiles = sources.filter(
      (file) => /^functions\/[^/]+\/[^/]+\.ts$/.test(file) && !isTest(file) && !file.startsWith('functions/internal/'),
    )
    expect([...rowFiles, 'functions/system/not-found.ts'].sort()).toEqual(endpointFiles.sort())
    const internalFiles = sources.filter((file) => file.startsWith('functions/internal/') && !isTest(file))
    expect(internals.map(({ name }) => `functions/internal/${name}.ts`).sort()).toEqual(internalFiles.sort())
  })

  it('says the same as the endpoints: method, path, aliases, access and ports', async () => {
    const loaded = await loadEndpoints()
    const said = endpoints.map(({ method, path, access, aliases, ports }) => ({
      method,
      path,
      access,
      aliases,
      ports: [...new Set(ports.map(portName))].sort(),
    }))
    const done = loaded.map(({ route }, index) => ({
      method: route.method,
      path: route.path,
      access: route.access,
      aliases: route.aliases.map((alias) => `${alias.method} ${alias.path}`),
      ports: needsOf(rowFiles[index] ?? ''),
    }))
    expect(said).toEqual(done)
  })

  it('makes the API document that is committed; `npm run openapi` writes it', async () => {
    expect(JSON.parse(read('functions/system/openapi.json'))).toEqual(JSON.parse(await makeOpenApi()))
  })
})

/** Groups of ports that a `Needs` may name in the place of each of them: `export type GuardPort = TrialPort | 'decisions'`. */
const portGroups = new Map(
  [...read('packages/core/src/ports.ts').matchAll(/^export type (\w+Port) =([^=]*?)\n(?:\n|$)/gm)].map(
    ([, name = '', union = '']) => [name, union],
  ),
)

/** The ports of a union of names and groups. */
const portsIn = (union: string): string[] =>
  [...union.matchAll(/'(\w+)'|(\w+)/g)].flatMap(([, port, group = '']) => {
    if (port !== undefined) return [port]
    const members = portGroups.get(group)
    if (members === undefined) throw new Error(`${group} is no group of ports`)
    return portsIn(members)
  })

/** The names in a file's `Needs<'a' | 'b' | Group>`. */
const needsOf = (file: string): string[] => portsIn(/Needs<([^>]*)>/.exec(read(file))?.[1] ?? '').sort()

describe('workflows', () => {
  const folders = existsSync(join(root, 'workflows'))
    ? readdirSync(join(root, 'workflows'), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : []

  it.each(folders)('%s has one step for each Task state, in the same order', (folder) => {
    const definition = read(`workflows/${folder}/workflow.asl.json`)
    const tasks = [...definition.matchAll(/"Resource": "\$\{(\w+)\}"/g)].map((match) => match[1])
    const steps = [...read(`workflows/${folder}/steps.ts`).matchAll(/^export const (\w+)/gm)].map((match) => match[1])
    expect(steps).toEqual([...new Set(tasks)])
  })
})

describe('the repository', () => {
  it('lists every library with its reason in packages/README.md', () => {
    const table = read('packages/README.md')
    const manifests = files.filter((file) => /^(packages\/[^/]+\/)?package\.json$/.test(file))
    const missing = manifests.flatMap((file) => {
      const {
        dependencies = {},
        devDependencies = {},
        optionalDependencies = {},
      } = JSON.parse(read(file)) as Record<string, Record<string, string>>
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([name, version]) => !table.includes(`| ${name} | ${version} |`))
        .map(([name, version]) => `${name} ${version}`)
    })
    expect([...new Set(missing)]).toEqual([])
  })

  it('pins every version exactly', () => {
    const loose = files
      .filter((file) => /(^|\/)package\.json$/.test(file))
      .flatMap((file) => read(file).match(/"[\^~][\d.]+"/g) ?? [])
    expect(loose).toEqual([])
  })

  it('names no registry and no path of the machine it was written on', () => {
    const foreign = files.filter((file) => {
      if (/\.(png|zip|gz|xz)$/.test(file) || file === 'test/tidy.test.ts') return false
      return /registry\.npmjs|"resolved": *"https?:|\/(?:home|root|work)\/[a-z]/.test(read(file))
    })
    expect(foreign).toEqual([])
  })
})
