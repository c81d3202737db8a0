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

const evaluator = 'internal-evaluate-policy'

/** Rows by themselves: read and written each under its own key, and listed. */
const rows = (pk: string, list: string): PortRights => ({
  read: { table: { get: [pk] } },
  list: { lists: [list] },
  write: { table: { put: [pk] } },
  remove: { table: { remove: [pk] } },
})

/**
 * What each port of `compose.ts` needs, named as the keys of packages/storage/src/table.ts. A port without an entry needs nothing
 * of the cloud: it calculates, or calls others over the network.
 */
export const portRights: Readonly<Record<string, PortRights>> = {
  // A key by its hash, or the public key of a cluster's controller.
  authenticator: { read: { table: { get: ['KEY#*', 'CLUSTER#*'] } } },
  keys: {
    list: { lists: ['KEYS'] },
    create: { table: { put: ['KEY#*'] } },
    remove: { table: { remove: ['KEY#*'], check: ['KEY#*'] } },
  },
  rateLimiter: { write: { table: { add: ['RATE#*'] } } },
  audit: {
    append: { table: { query: ['AUDIT#*'], put: ['AUDIT#*'] } },
    read: { table: { query: ['AUDIT#*'] } },
    list: { lists: ['AUDIT_CHAINS'] },
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
    read: { table: { get: ['CLUSTER#*'], query: ['CLUSTER#*'] } },
    list: { lists: ['CLUSTERS'] },
    dependants: { table: { query: ['CLUSTER#*', 'LOCK#*'] } },
    system: { table: { put: ['CLUSTER#*'] } },
    create: {
      table: { put: ['CLUSTER#*'], remove: ['CLUSTER#*'], check: ['CLUSTER#*'], many: ['CLUSTER#*'] },
      ports: ['clusters.read'],
    },
    replace: { table: { put: ['CLUSTER#*'], remove: ['CLUSTER#*'], many: ['CLUSTER#*'] } },
    remove: {
      table: { put: ['CLUSTER#*'], remove: ['CLUSTER#*'], many: ['CLUSTER#*'] },
      ports: ['clusters.dependants'],
    },
  },
  tasks: {
    read: { table: { get: ['TASK#*'] } },
    list: { lists: ['TASKS'] },
    open: { lists: ['OPEN_TASKS'] },
    create: { table: { get: ['LOCK#*'], put: ['TASK#*', 'LOCK#*'], check: ['LOCK#*', 'CLUSTER#*'] } },
    advance: { table: { put: ['TASK#*'] } },
    finish: { table: { put: ['TASK#*'], remove: ['TASK#*', 'LOCK#*'] } },
  },
  actions: {
    read: { table: { get: ['ACTION#*'], query: ['ACTION#*'] } },
    list: { lists: ['ACTIONS'] },
    begin: { table: { put: ['ACTION#*', 'HISTORY#*'], many: ['ACTION#*'] }, ports: ['tasks.create'] },
    advance: { table: { put: ['ACTION#*'] } },
    nodes: { table: { many: ['ACTION#*'] } },
  },
  histories: { read: { table: { get: ['HISTORY#*'] } } },
  counters: { read: { lists: ['COUNTERS'] }, write: { table: { add: ['COUNTERS#*'] } } },
  workflows: { describe: { executions: 'describe' }, start: { executions: 'start' } },
  kubeconfigs: {
    put: { table: { put: ['KUBECONFIG#*'] }, seals: ['kubeconfig'] },
    open: { table: { get: ['KUBECONFIG#*'] }, opens: ['kubeconfig'] },
    destroy: { table: { remove: ['KUBECONFIG#*'] } },
    // For what ends tasks that hold none.
    unheld: {},
  },
  policies: rows('POLICY#*', 'POLICIES'),
  policyMaps: { read: { table: { get: ['NETWORK'] } }, write: { table: { put: ['NETWORK'] } } },
  policyExecution: { read: { table: { get: ['NETWORK'] } }, write: { table: { put: ['NETWORK'] } } },
  policyContexts: { read: { table: { get: ['CONTEXT#*'] } }, write: { table: { put: ['CONTEXT#*'] } } },
  decisions: {
    read: { table: { get: ['DECISION#*'] } },
    list: { lists: ['DECISIONS'] },
    write: { table: { put: ['DECISION#*'] } },
  },
  // Only what decides may be sent to an executor; looking at code and commands to a policy stay at home.
  engine: {
    local: { invokes: [evaluator] },
    decide: { invokes: [evaluator], ports: ['executors.read', 'executorClient.call', 'policyExecution.read'] },
  },
  executors: rows('EXECUTOR#*', 'EXECUTORS'),
  executorClient: { check: {}, call: { ports: ['gatewayKeys.sign'] } },
  summaries: { read: { table: { get: ['SUMMARY#*'] } }, write: { table: { put: ['SUMMARY#*'] } } },
  heartbeats: { read: { table: { get: ['HEARTBEAT#*'] } }, write: { table: { put: ['HEARTBEAT#*'] } } },
  // `keyless` is what needs no key of the gateway: everything but the objects that hold it.
  infraPlan: { keyless: {}, read: { ports: ['gatewayKeys.read'] } },
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
    read: { table: { get: ['ALARM#*'] } },
    list: { lists: ['ALARMS'] },
    receive: { table: { get: ['ALARM_COUNT#*'], put: ['ALARM#*', 'ALARM_COUNT#*'] } },
    write: { table: { put: ['ALARM#*'] } },
  },
  alarmWatches: {
    read: { table: { get: ['WATCH#*'] } },
    due: { lists: ['DUE_WATCHES'] },
    write: { table: { put: ['WATCH#*'] } },
  },
  alarmQueue: { write: { sends: ['alarms'] } },
  deadAlarms: rows('DEAD_ALARM#*', 'DEAD_ALARMS'),
  failoverRules: rows('RULE#*', 'RULES'),
  webhookSecrets: {
    read: { lists: ['WEBHOOK_SECRETS'] },
    open: { lists: ['WEBHOOK_SECRETS'], opens: ['webhook-secret'] },
    write: { table: { put: ['WEBHOOK_SECRET#*'] }, seals: ['webhook-secret'] },
    remove: { table: { remove: ['WEBHOOK_SECRET#*'] } },
  },
  notifications: { write: { sends: ['notifications'] } },
  health: { read: { invokes: [evaluator], looksAtParts: true } },
}
