/** What may be done to rows of the one table whose `pk` is like one of the patterns (`*` stands for anything). */
export type TableVerb = 'get' | 'query' | 'put' | 'remove' | 'check' | 'add' | 'many'

/**
 * What a port's adapter asks of the cloud, by the way it is used: `read` looks and `write` changes, unless a port has finer ways.
 * A manifest's row names one way (`tasks.read`), or the port alone for all of them.
 */
export type PortRights = Readonly<Record<string, Rights>>

/** Everything that a right can be about. */
export interface Rights {
  /** Patterns of partitions by what is done to them. */
  table?: Partial<Record<TableVerb, readonly string[]>>
  /** Lists that are read: partitions of the index, exactly. */
  lists?: readonly string[]
  /** Queues that messages are put into. */
  sends?: readonly string[]
  /** What is done to executions of workflows; which ones, the row says (`workflows.start:join-node`). */
  executions?: 'start' | 'describe'
  /** Functions that are invoked. */
  invokes?: readonly string[]
  /** What is encrypted or decrypted, by the purpose in the encryption context. */
  seals?: readonly string[]
  opens?: readonly string[]
  /** Whether the table and the workflows are asked if they are there. */
  looksAtParts?: true
  /** Other ports that this one's adapter calls, spelled as in a manifest's row. */
  ports?: readonly string[]
}

/** A row by itself: read and written under its own key. */
const rows = (pk: string, lists: readonly string[] = []): PortRights => ({
  read: { table: { get: [pk] }, lists },
  write: { table: { get: [pk], put: [pk], remove: [pk] } },
})

const evaluator = 'internal-evaluate-policy'

/**
 * What each port of `compose.ts` needs, named as the keys of packages/storage/src/table.ts. A port without an entry needs nothing
 * of the cloud: it calculates, or calls others over the network.
 */
export const portRights: Readonly<Record<string, PortRights>> = {
  authenticator: { read: { ports: ['keys.read', 'clusters.read'] } },
  keys: {
    read: { table: { get: ['KEY#*'] }, lists: ['KEYS'] },
    write: { table: { put: ['KEY#*'], remove: ['KEY#*'], check: ['KEY#*'] } },
  },
  rateLimiter: { write: { table: { add: ['RATE#*'] } } },
  audit: {
    append: { table: { query: ['AUDIT#*'], put: ['AUDIT#*'] } },
    read: { table: { query: ['AUDIT#*'] }, lists: ['AUDIT_CHAINS'] },
    anchor: { table: { query: ['AUDIT_ANCHOR#*'], many: ['AUDIT_ANCHOR#*'] } },
  },
  idempotency: {
    write: {
      table: {
        ...{ get: ['IDEMPOTENCY#*'], query: ['IDEMPOTENCY#*'], put: ['IDEMPOTENCY#*'] },
        ...{ remove: ['IDEMPOTENCY#*'], many: ['IDEMPOTENCY#*'] },
      },
    },
  },
  clusters: {
    read: { table: { get: ['CLUSTER#*'], query: ['CLUSTER#*', 'LOCK#*'] }, lists: ['CLUSTERS'] },
    write: { table: { put: ['CLUSTER#*'], remove: ['CLUSTER#*'], check: ['CLUSTER#*'], many: ['CLUSTER#*'] } },
  },
  tasks: {
    read: { table: { get: ['TASK#*'] }, lists: ['TASKS', 'OPEN_TASKS'] },
    create: { table: { get: ['LOCK#*'], put: ['TASK#*', 'LOCK#*'], check: ['LOCK#*', 'CLUSTER#*'] } },
    advance: { table: { put: ['TASK#*'], remove: ['TASK#*', 'LOCK#*'] } },
  },
  actions: {
    read: { table: { get: ['ACTION#*'], query: ['ACTION#*'] }, lists: ['ACTIONS'] },
    begin: { table: { put: ['ACTION#*', 'HISTORY#*'], many: ['ACTION#*'] }, ports: ['tasks.create'] },
    advance: { table: { put: ['ACTION#*'], many: ['ACTION#*'] } },
  },
  histories: { read: { table: { get: ['HISTORY#*'] } } },
  counters: { read: { lists: ['COUNTERS'] }, write: { table: { add: ['COUNTERS#*'] } } },
  workflows: { describe: { executions: 'describe' }, start: { executions: 'start' } },
  kubeconfigs: {
    put: { table: { put: ['KUBECONFIG#*'] }, seals: ['kubeconfig'] },
    open: { table: { get: ['KUBECONFIG#*'] }, opens: ['kubeconfig'] },
    destroy: { table: { remove: ['KUBECONFIG#*'] } },
  },
  policies: {
    read: { table: { get: ['POLICY#*'] }, lists: ['POLICIES'] },
    write: { table: { put: ['POLICY#*'], remove: ['POLICY#*'] } },
  },
  policyMaps: { read: { table: { get: ['NETWORK'] } }, write: { table: { put: ['NETWORK'] } } },
  policyExecution: { read: { table: { get: ['NETWORK'] } }, write: { table: { put: ['NETWORK'] } } },
  policyContexts: { read: { table: { get: ['CONTEXT#*'] } }, write: { table: { put: ['CONTEXT#*'] } } },
  decisions: {
    read: { table: { get: ['DECISION#*'] }, lists: ['DECISIONS'] },
    write: { table: { put: ['DECISION#*'] } },
  },
  engine: { read: { invokes: [evaluator], ports: ['executors.read', 'executorClient', 'policyExecution.read'] } },
  executors: rows('EXECUTOR#*', ['EXECUTORS']),
  executorClient: { read: { ports: ['gatewayKeys.sign'] } },
  summaries: { read: { table: { get: ['SUMMARY#*'] } }, write: { table: { put: ['SUMMARY#*'] } } },
  heartbeats: { read: { table: { get: ['HEARTBEAT#*'] } }, write: { table: { put: ['HEARTBEAT#*'] } } },
  // `keyless` is what needs no key of the gateway: everything but the objects that hold it.
  infraPlan: { read: { ports: ['gatewayKeys.read'] } },
  infra: { keyless: {}, read: { ports: ['gatewayKeys.read'] } },
  executorInfra: { keyless: {}, read: { ports: ['gatewayKeys.read'] } },
  controllers: { read: { ports: ['gatewayKeys.sign'] } },
  gatewayKeys: {
    read: { table: { get: ['GATEWAY_KEYS'] } },
    sign: { table: { get: ['GATEWAY_KEYS'] }, opens: ['gateway-key'] },
    write: { table: { get: ['GATEWAY_KEYS'], put: ['GATEWAY_KEYS'] }, seals: ['gateway-key'] },
  },
  failoverSettings: {
    read: { table: { get: ['CLUSTER#*', 'NETWORK'] } },
    write: { table: { put: ['CLUSTER#*'], check: ['CLUSTER#*'] } },
    network: { table: { put: ['NETWORK'] } },
  },
  alarms: {
    read: { table: { get: ['ALARM#*'] }, lists: ['ALARMS'] },
    receive: { table: { get: ['ALARM_COUNT#*'], put: ['ALARM#*', 'ALARM_COUNT#*'] } },
    write: { table: { put: ['ALARM#*'] } },
  },
  alarmWatches: {
    read: { table: { get: ['WATCH#*'] }, lists: ['DUE_WATCHES'] },
    write: { table: { put: ['WATCH#*'] } },
  },
  alarmQueue: { write: { sends: ['alarms'] } },
  deadAlarms: rows('DEAD_ALARM#*', ['DEAD_ALARMS']),
  failoverRules: rows('RULE#*', ['RULES']),
  webhookSecrets: {
    read: { lists: ['WEBHOOK_SECRETS'] },
    open: { lists: ['WEBHOOK_SECRETS'], opens: ['webhook-secret'] },
    write: { table: { put: ['WEBHOOK_SECRET#*'], remove: ['WEBHOOK_SECRET#*'] }, seals: ['webhook-secret'] },
  },
  notifications: { write: { sends: ['notifications'] } },
  health: { read: { invokes: [evaluator], looksAtParts: true } },
}
