/**
 * Every function of the API as plain data: what the deployment, the local server and the tests read.
 * The file of a row is `functions/<name>.ts`; it exports the endpoint under `export`, and `handler`.
 */
export interface EndpointRow {
  name: string
  export: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  /** Who may call (spec/decisions.md 44). */
  access: 'anyone' | 'viewer' | 'cluster-manager' | 'network-admin' | 'service'
  /** The ports its handler may touch; a test compares them with the handler's `Needs`. */
  ports: readonly string[]
  /** Further methods and paths that reach the same function, kept for old clients. */
  aliases: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

const row = (
  name: string,
  exported: string,
  call: `${EndpointRow['method']} /${string}`,
  access: EndpointRow['access'],
  ports: readonly string[] = [],
  more: Partial<Pick<EndpointRow, 'timeoutSeconds' | 'memoryMb' | 'aliases'>> = {},
): EndpointRow => {
  const [method, path] = call.split(' ') as [EndpointRow['method'], string]
  return {
    name,
    export: exported,
    method,
    path,
    access,
    ports,
    aliases: [],
    timeoutSeconds: 30,
    memoryMb: 256,
    ...more,
  }
}

export const endpoints: readonly EndpointRow[] = [
  row('system/health', 'readHealth', 'GET /healthz', 'anyone'),
  row('system/ready', 'readReadiness', 'GET /readyz', 'anyone', ['health']),
  row('system/openapi', 'readOpenApi', 'GET /openapi.json', 'anyone'),
  row('system/docs', 'readDocs', 'GET /docs', 'anyone', [], { aliases: ['GET /docs/{asset}'] }),
]

/** Functions that are not reachable over HTTP. The file is `functions/internal/<name>.ts`, it exports `handler`. */
export interface InternalRow {
  name: string
  ports: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

export const internals: readonly InternalRow[] = []

/** Every method and path that can be called. */
export const callables: readonly { method: string; path: string }[] = endpoints.flatMap(({ method, path, aliases }) => [
  { method, path },
  ...aliases.map((alias) => {
    const [aliasMethod = '', aliasPath = ''] = alias.split(' ')
    return { method: aliasMethod, path: aliasPath }
  }),
])
