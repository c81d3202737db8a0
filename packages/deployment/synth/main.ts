import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type App, bundleApp, bundleRun } from './bundle.ts'
import { calls, outputsOf } from './cloud.ts'
import { type Graph, type Resource, recordResources } from './record.ts'
import { serveSst } from './serve-sst.ts'
import { standInBundles } from './stand-in-bundles.ts'

// Evaluates sst.config.ts with SST's own components on Pulumi's mock engine, and writes the resources that would be created.
// Nothing is deployed, no account is needed. Needs what `type-check.sh` installs.
// usage: main.ts --stage STAGE --out FILE
const { values: flags } = parseArgs({ options: { stage: { type: 'string' }, out: { type: 'string' } } })
if (!flags.stage || !flags.out) throw new Error('usage: main.ts --stage STAGE --out FILE')
const root = resolve(import.meta.dirname, '../../..')
const platform = join(root, '.sst/platform')
const out = resolve(flags.out)

// SST's own copies: two of Pulumi do not know each other's outputs.
const require = createRequire(join(platform, 'package.json'))
const pulumi = require('@pulumi/pulumi') as typeof import('@pulumi/pulumi')

let failure: unknown
const fail = (error: unknown): void => {
  failure ??= error
}
process.on('unhandledRejection', fail).on('uncaughtException', fail)

const app: App = await bundleApp(root, flags.stage)
await serveSst()
process.env.GRIDGATE_BUNDLES = standInBundles(root)

await pulumi.runtime.setMocks(
  {
    newResource: ({ type, name, inputs, id }) => ({ id: id || `${name}-id`, state: outputsOf(type, name, inputs) }),
    call({ token, inputs }) {
      const answer = calls[token]
      // Pulumi drops the message of what is thrown here.
      if (!answer) fail(new Error(`synth: nobody answers ${token}; add it to cloud.ts`))
      return answer?.(inputs) ?? {}
    },
  },
  ...([app.name, app.stage, false, 'organization'] as const),
)
// Pulumi looks up the source line of every promise: more than half of the time.
Object.defineProperty(Error, 'prepareStackTrace', { get: () => undefined, set: () => undefined })
const resources: Resource[] = []
recordResources(require, root, (resource) => resources.push(resource))

let outputs: Graph['outputs'] | undefined
// When nothing is left to do, all outputs have been applied; there is no other sign of it.
process.on('beforeExit', () => {
  if (failure !== undefined || outputs === undefined) {
    process.stderr.write(`${failure instanceof Error ? failure.stack : (failure ?? 'synth: run() never ended')}\n`)
    process.exit(1)
  }
  resources.sort((a, b) => (a.urn < b.urn ? -1 : 1))
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, `${JSON.stringify({ app, outputs, resources }, null, 2)}\n`)
  process.exit(0)
})
pulumi.runtime
  .runInPulumiStack(async () => {
    const result = await bundleRun(root, app)
    pulumi.output(result).apply((value) => {
      outputs = value
    })
    return result
  })
  .catch(fail)
