import { relative } from 'node:path'

/** One resource as the engine is told of it. */
export interface Resource {
  urn: string
  type: string
  name: string
  protect?: boolean
  retainOnDelete?: boolean
  ignoreChanges?: string[]
  dependsOn: string[]
  inputs: Record<string, unknown>
}

/** What would be deployed. */
export interface Graph {
  app: { name: string; stage: string; removal: string; protect: boolean }
  outputs: Record<string, unknown>
  resources: Resource[]
}

/** The request that Pulumi's monitor gets for each resource; its own type is not exported. */
interface RegisterRequest {
  getType(): string
  getName(): string
  getProtect(): boolean
  getRetainondelete(): boolean
  getIgnorechangesList(): string[]
  getDependenciesList(): string[]
  getObject(): unknown
}
type Answer = (error: Error | null, response: { getUrn(): string }) => void
type Register = (this: unknown, request: RegisterRequest, answer: Answer) => unknown

/** Mocks are not told of options such as `protect`, so this listens one level below them. */
export function recordResources(require: NodeJS.Require, root: string, record: (resource: Resource) => void): void {
  const { MockMonitor } = require('@pulumi/pulumi/runtime/mocks') as {
    MockMonitor: { prototype: { registerResource: Register } }
  }
  const { deserializeProperties } = require('@pulumi/pulumi/runtime/rpc') as {
    deserializeProperties(object: unknown): Record<string, unknown>
  }
  const register = MockMonitor.prototype.registerResource
  MockMonitor.prototype.registerResource = function (request, answer) {
    return register.call(this, request, (error, response) => {
      if (error === null)
        record({
          ...{ urn: response.getUrn(), type: request.getType(), name: request.getName() },
          ...(request.getProtect() ? { protect: true } : {}),
          ...(request.getRetainondelete() ? { retainOnDelete: true } : {}),
          ...(request.getIgnorechangesList().length > 0 ? { ignoreChanges: request.getIgnorechangesList() } : {}),
          dependsOn: request.getDependenciesList().sort(),
          inputs: withPaths(root, deserializeProperties(request.getObject())),
        })
      answer(error, response)
    })
  }
}

/** Code is told as an archive whose path comes later; what matters is which folder it is. */
function withPaths(root: string, inputs: Record<string, unknown>): Record<string, unknown> {
  const { code } = inputs
  if (typeof code === 'object' && code !== null && 'path' in code)
    void Promise.resolve(code.path).then((path) => {
      inputs.code = relative(root, String(path))
    })
  return inputs
}
