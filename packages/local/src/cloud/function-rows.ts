import { fileURLToPath } from 'node:url'
import { functionName } from '@gridgate/http/manifest-row'
import { internals } from '../../../../functions/internals.ts'
import { endpoints } from '../../../../functions/manifest.ts'
import { stepFunctionName, workflows } from '../../../../workflows/manifest.ts'
import type { FunctionConfiguration, HostedFunction } from '../lambda/function-configuration.ts'

const root = new URL('../../../../', import.meta.url)
const pathOf = (file: string): string => fileURLToPath(new URL(file, root))

/** Functions whose place is this process, because they keep a child process of their own. */
const hostedHere = new Set(['evaluate-policy'])

/**
 * The functions that the Lambda host runs: every workflow step and everything under `functions/internal`; with
 * `withEndpoints`, every endpoint too, each as the function it will be when deployed.
 */
export async function functionRows(
  prefix: string,
  environment: Record<string, string>,
  withEndpoints: boolean,
): Promise<FunctionConfiguration[]> {
  const inner = await Promise.all(
    internals.map(async ({ name, timeoutSeconds, memoryMb }): Promise<FunctionConfiguration> => {
      const module = pathOf(`functions/internal/${name}.ts`)
      const common = { name: functionName(prefix, `internal/${name}`), timeoutSeconds, memoryMb }
      if (!hostedHere.has(name)) return { ...common, module, handler: 'handler', environment }
      const { handler } = (await import(module)) as { handler: HostedFunction['invoke'] }
      const isPerTenant = environment.GRIDGATE_POLICY_TENANCY === 'PER_TENANT'
      return { name: common.name, timeoutSeconds, isPerTenant, invoke: handler }
    }),
  )
  const steps = workflows.flatMap((workflow) =>
    workflow.steps.map(
      (step): FunctionConfiguration => ({
        name: prefix + stepFunctionName(workflow.name, step.name),
        module: pathOf(`workflows/${workflow.name}/steps.ts`),
        handler: step.name,
        timeoutSeconds: step.timeoutSeconds,
        memoryMb: step.memoryMb,
        environment,
        // Steps come one after the other, so that most find the worker of the one before.
        worker: `${prefix}${workflow.name}-${step.memoryMb}`,
      }),
    ),
  )
  if (!withEndpoints) return [...inner, ...steps]
  const routes = endpoints.map(
    ({ name, timeoutSeconds, memoryMb }): FunctionConfiguration => ({
      name: functionName(prefix, name),
      module: pathOf(`functions/${name}.ts`),
      handler: 'handler',
      timeoutSeconds,
      memoryMb,
      environment,
    }),
  )
  return [...inner, ...steps, ...routes]
}
