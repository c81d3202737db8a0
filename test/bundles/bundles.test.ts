import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { buildBundles, bundleBytes } from '@gridgate/local/bundles/build-bundles'
import { type Bundle, bundleName, bundles } from '@gridgate/local/bundles/bundle-list'
import { functionsFolder, mapsFolder, repository } from '@gridgate/local/bundles/write-file'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { internals } from '../../functions/internals.ts'
import { endpoints } from '../../functions/manifest.ts'
import { deployedFunctions } from '../../packages/deployment/function-list.ts'
import { workflows } from '../../workflows/manifest.ts'
import { temporaryFolder } from '../e2e/product.ts'

const dist = inject('dist')
const endpointBytesMax = 800_000

/** The modules that something of is left in each bundle, as its source map tells. */
const modules = new Map(
  bundles.map(({ name }) => {
    const folder = join(dist, mapsFolder, name)
    const sources = readdirSync(folder).flatMap((file) => {
      const map = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: string[] }
      return map.sources.map((source) => source.replace(/^(\.\.\/)+/, ''))
    })
    return [name, sources]
  }),
)

const endpointNames = [...endpoints.map(({ name }) => bundleName(name)), 'system-not-found']
const isEndpoint = ({ name }: Bundle): boolean => endpointNames.includes(name)

/** What is not there of what programs are to export, found by a process without an environment. */
function notExported(wanted: readonly { program: string; exports: readonly string[] }[]): string[] {
  const script = `
    const missing = []
    for (const { program, exports } of JSON.parse(process.argv[1])) {
      const loaded = await import(program).catch((error) => ({ error }))
      if (loaded.error) missing.push(program + ': ' + loaded.error.message)
      else missing.push(...exports.filter((name) => typeof loaded[name] !== 'function').map((name) => program + ' ' + name))
    }
    process.stdout.write(JSON.stringify(missing))`
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, JSON.stringify(wanted)]
  return JSON.parse(execFileSync(process.execPath, args, { env: {}, cwd: dist, encoding: 'utf8' }))
}

describe('a build', () => {
  it('has a folder for each row of the manifests, and no other', () => {
    const wanted = [
      ...endpointNames,
      ...internals.map(({ name }) => `internal-${name}`),
      ...workflows.map(({ name }) => `workflow-${name}`),
    ]
    expect(readdirSync(join(dist, functionsFolder)).sort()).toEqual(wanted.sort())
  })

  it('has each file and export that the deployed graph names, and importing it needs no environment', () => {
    const graph = readFileSync(join(repository, 'test/deploy/golden/resources.txt'), 'utf8')
    const named = [...graph.matchAll(/^lambda\/function .*, ([\w-]+)\.(\w+) of ([\w-]+)[,;]/gm)].map(
      ([, file, name, folder]) => ({
        program: join(dist, functionsFolder, `${folder}/${file}.mjs`),
        exports: [`${name}`],
      }),
    )
    expect(named).toHaveLength(deployedFunctions.length)
    expect(notExported(named)).toEqual([])
  })

  it('holds no path of the machine that it was made on, and no maps where it is deployed', () => {
    const folder = join(dist, functionsFolder)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    expect(files.filter((file) => file.endsWith('.map'))).toEqual([])
    const ours = files.filter((file) => file.endsWith('.mjs') && !file.includes('pyodide'))
    expect(ours.filter((file) => readFileSync(join(folder, file), 'utf8').includes(repository))).toEqual([])
  })
})

describe('two builds', () => {
  const again = temporaryFolder()
  afterAll(() => again.remove())

  it('of the same sources are the same bytes', async () => {
    const some = ['clusters-read', 'clusters-create', 'system-docs', 'workflow-failover']
    await buildBundles(
      join(again.path, 'dist'),
      bundles.filter(({ name }) => some.includes(name)),
    )
    for (const file of readdirSync(join(again.path, 'dist'), { recursive: true, encoding: 'utf8' })) {
      if (statSync(join(dist, file)).isDirectory()) continue
      expect(readFileSync(join(again.path, 'dist', file)).equals(readFileSync(join(dist, file))), file).toBe(true)
    }
  })
})

describe('a bundle', () => {
  it.each(endpointNames)(`%s is at most ${endpointBytesMax} bytes`, async (name) => {
    expect(await bundleBytes(join(dist, functionsFolder, name))).toBeLessThanOrEqual(endpointBytesMax)
  })

  it.each<[string, RegExp, (bundle: Bundle) => boolean]>([
    ['the Kubernetes client', /^packages\/kube\/src\/(client|transport|rest|apply)\.ts$/, isEndpoint],
    [
      'what repairs instances at providers',
      /^packages\/remote\/src\/instances\/(?!sign-aws|cloud-call)/,
      ({ parts }) => !parts.includes('instances'),
    ],
    [
      'the database',
      /^node_modules\/@aws-sdk\/client-dynamodb/,
      ({ parts }) => !parts.includes('store') && !parts.includes('health'),
    ],
    ['other languages', /^node_modules\/zod\/v4\/locales\/(?!en\.)/, () => true],
    ['other ways to credentials', /^node_modules\/@aws-sdk\/(nested-clients|credential-provider-(?!env))/, () => true],
    ['clients that a thin call stands for', /^node_modules\/@aws-sdk\/client-(?!dynamodb)/, () => true],
    ['the local product', /^packages\/(local|controller)\//, () => true],
  ])('does not hold %s where its row does not lead there', (_, module, concerned) => {
    const found = bundles.filter(concerned).flatMap(({ name }) => {
      const held = modules.get(name)?.filter((file) => module.test(file)) ?? []
      return held.map((file) => `${name}: ${file}`)
    })
    expect(found).toEqual([])
  })
})
