import { deadQueueName, type EndpointRow, functionName, row } from '@gridgate/http/manifest-row'
import { portsOfEndpoint } from '@gridgate/runtime/rights'
import { internals, queues } from '../../functions/internals.ts'
import { endpoints } from '../../functions/manifest.ts'
import { stepFunctionName, workflows } from '../../workflows/manifest.ts'

/** One function to deploy, as the manifests have it. */
export interface DeployedFunction {
  /** Its name behind the stage's prefix. */
  name: string
  /** Folder of `dist/functions` that is deployed as it is, and what in it answers: `index.handler` */
  folder: string
  handler: string
  /** Its ports, spelled for `policyOf`. */
  ports: readonly string[]
  /** Queues whose messages it is given. */
  takesFrom: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

/** The function that runs policies: no ports, and a network of its own. */
export const policyFunction = functionName('', 'internal/evaluate-policy')

/** The route that takes what no other does; its function calls nobody, and answers 404 or 405. */
export const notFound: EndpointRow = { ...row('system/not-found', 'notFound', 'GET /', 'anyone'), path: '$default' }

/** The function of each endpoint, `notFound` included. */
export const endpointFunctions: readonly DeployedFunction[] = [...endpoints, notFound].map((endpoint) => {
  const name = functionName('', endpoint.name)
  const { timeoutSeconds, memoryMb } = endpoint
  const ports = portsOfEndpoint(endpoint)
  return { name, folder: name, handler: 'index.handler', ports, takesFrom: [], timeoutSeconds, memoryMb }
})

/** Functions that events, schedules, queues and other functions call. */
export const internalFunctions: readonly DeployedFunction[] = internals.map((internal) => {
  const name = functionName('', `internal/${internal.name}`)
  const takesFrom = queues.flatMap((queue) => [
    ...(queue.handler === internal.name ? [queue.name] : []),
    ...(queue.buriedBy === internal.name ? [deadQueueName(queue.name)] : []),
  ])
  const { ports, timeoutSeconds, memoryMb } = internal
  return { name, folder: name, handler: 'index.handler', ports, takesFrom, timeoutSeconds, memoryMb }
})

/** The function of each step of a workflow; all steps of one workflow are in one bundle. */
export const stepFunctions = (workflow: string): readonly DeployedFunction[] =>
  workflows
    .filter(({ name }) => name === workflow)
    .flatMap(({ steps }) => steps)
    .map(({ name, ports, timeoutSeconds, memoryMb }) => ({
      name: stepFunctionName(workflow, name),
      folder: `workflow-${workflow}`,
      handler: `index.${name}`,
      ports,
      takesFrom: [],
      timeoutSeconds,
      memoryMb,
    }))

/** Every function there is. */
export const deployedFunctions: readonly DeployedFunction[] = [
  ...endpointFunctions,
  ...internalFunctions,
  ...workflows.flatMap(({ name }) => stepFunctions(name)),
]
