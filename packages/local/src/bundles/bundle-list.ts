import { portsOfEndpoint } from '@gridgate/runtime/rights'
import { internals } from '../../../../functions/internals.ts'
import { endpoints } from '../../../../functions/manifest.ts'
import { workflows } from '../../../../workflows/manifest.ts'
import { partsOf } from './parts-of.ts'

/** One folder of a build: the code of one function, or of all steps of a workflow. */
export interface Bundle {
  /** Name of the folder: `clusters-read`, `internal-close-task`, `workflow-failover`. */
  name: string
  /** Its module, from the root of the repository. */
  module: string
  /** What the platform may call. */
  exports: readonly string[]
  /** Parts that may be made in it. */
  parts: readonly string[]
  /** Files that it reads, from the root of the repository; they keep their paths. */
  beside: readonly string[]
}

/** The page's files; the page itself is in the code. */
const docs = ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js'].map(
  (file) => `node_modules/swagger-ui-dist/${file}`,
)

export const bundleName = (name: string): string => name.replaceAll('/', '-')
export const internalBundleName = (name: string): string => `internal-${name}`
export const workflowBundleName = (name: string): string => `workflow-${name}`

/** The function that runs policies; it needs a folder of its own making (policy-folder.ts). */
export const policyBundle = internalBundleName('evaluate-policy')

/** Everything that a build makes, as the manifests say; all but the function that runs policies. */
export const bundles: readonly Bundle[] = [
  ...endpoints.map((row) => ({
    ...functionOf(bundleName(row.name), `functions/${row.name}.ts`, portsOfEndpoint(row)),
    beside: row.name === 'system/docs' ? docs : [],
  })),
  // It tells where nothing is: who asks does not matter, only how often.
  functionOf('system-not-found', 'functions/system/not-found.ts', ['ids', 'log', 'rateLimiter']),
  ...internals
    .filter(({ name }) => internalBundleName(name) !== policyBundle)
    .map(({ name, ports }) => functionOf(internalBundleName(name), `functions/internal/${name}.ts`, ports)),
  ...workflows.map(({ name, steps }) => ({
    name: workflowBundleName(name),
    module: `workflows/${name}/steps.ts`,
    exports: steps.map((step) => step.name),
    parts: partsOf(steps.flatMap(({ ports }) => ports)),
    beside: [],
  })),
]

function functionOf(name: string, module: string, ports: readonly string[]): Bundle {
  return { name, module, exports: ['handler'], parts: partsOf(ports), beside: [] }
}
