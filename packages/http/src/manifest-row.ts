/** Who may call (spec/decisions.md 44). */
type Access = 'anyone' | 'viewer' | 'cluster-manager' | 'network-admin' | 'service'

/**
 * What binds a call to the clusters of its caller: the cluster that the path, the query or the body names, the cluster of the
 * `thing` that is named, or a `list` of what is in scope. `network`: it is about no single cluster.
 */
export type Scope = 'path' | 'query' | 'body' | 'thing' | 'list' | 'network'

/** One endpoint as `functions/manifest.ts` lists it. */
export interface EndpointRow {
  name: string
  export: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  access: Access
  scope: Scope
  /**
   * The ports its handler may touch, each with the way in which it is used (packages/runtime/src/port-rights.ts); a test compares
   * them with the handler's `Needs`.
   */
  ports: readonly string[]
  /** Further methods and paths that reach the same function, kept for old clients. */
  aliases: readonly string[]
  /** Each call leaves an entry in the audit log: all but those that only look, whatever their method, and signs of life. */
  isAudited: boolean
  timeoutSeconds: number
  memoryMb: number
}

/**
 * A row in few words: `row('tasks/list', 'getTasks', 'GET /tasks', 'viewer:list', ['tasks'])`.
 * @param rights who may call, and behind a colon the scope where the path does not tell it
 */
export const row = (
  name: string,
  exported: string,
  call: `${EndpointRow['method']} /${string}`,
  rights: Access | `${Access}:${Scope}`,
  ports: readonly string[] = [],
  more: Partial<Pick<EndpointRow, 'timeoutSeconds' | 'memoryMb' | 'aliases' | 'isAudited'>> = {},
): EndpointRow => {
  const [method, path] = call.split(' ') as [EndpointRow['method'], string]
  const [access, scope = path.includes('{cluster_id}') ? 'path' : 'network'] = rights.split(':') as [Access, Scope?]
  return {
    name,
    export: exported,
    method,
    path,
    access,
    scope,
    ports,
    aliases: [],
    isAudited: method !== 'GET',
    timeoutSeconds: 30,
    memoryMb: 256,
    ...more,
  }
}

/** A function that is not reachable over HTTP. */
export interface InternalRow {
  name: string
  ports: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

/** A queue, and a second one behind it for what could not be handled: `<name>-dead`. */
export interface QueueRow {
  name: string
  /** Which functions take the messages of the two. */
  handler: string
  buriedBy: string
  /** A message that was not handled comes again after so long, in seconds: longer than its function may take. */
  visibilitySeconds: number
  /** Times that a message is tried. */
  receivesMax: number
}

export const deadQueueName = (name: string): string => `${name}-dead`

/** `system/health` → `gridgate-system-health` */
export const functionName = (prefix: string, name: string): string => `${prefix}${name.replaceAll('/', '-')}`

/** What starts a function by itself, or fills a queue: an event of the cloud, or the clock. */
export interface RuleRow {
  name: string
  when: { pattern: EventPattern } | { schedule: string }
  /** The function under `internal`, or the queue, that the event goes to. */
  target: { handler: string } | { queue: string }
}

/** Which events a rule is for: each field names the values that match (EventBridge User Guide, "Event patterns"). */
export interface EventPattern {
  source: readonly string[]
  'detail-type': readonly string[]
  detail?: Readonly<Record<string, readonly unknown[]>>
}
