import { randomUUID } from 'node:crypto'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { RateLimiter } from '@gridgate/core/auth/rate-limiter'
import { rememberKeys } from '@gridgate/core/auth/remember-keys'
import { switchedEngine } from '@gridgate/core/executor/switched-engine'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { Log, Needs, Ports } from '@gridgate/core/ports'
import { openAddressGuard, splitList } from '@gridgate/remote/address-guard'
import { environmentKeys, openAwsClient } from '@gridgate/remote/aws/aws-client'
import { codeFetcher } from '@gridgate/remote/code-fetcher'
import { actionStore } from '@gridgate/storage/action-store'
import { alarmStore } from '@gridgate/storage/alarm-store'
import { alarmWatchStore } from '@gridgate/storage/alarm-watch-store'
import { auditLog } from '@gridgate/storage/audit-log'
import { clusterStore } from '@gridgate/storage/cluster-store'
import { contextStore } from '@gridgate/storage/context-store'
import { counterStore } from '@gridgate/storage/counter-store'
import { deadAlarmStore } from '@gridgate/storage/dead-alarm-store'
import { decisionStore } from '@gridgate/storage/decision-store'
import { dynamoStore } from '@gridgate/storage/dynamo-store'
import { executorStore } from '@gridgate/storage/executor-store'
import { failoverRuleStore } from '@gridgate/storage/failover-rule-store'
import { failoverSettingsStore } from '@gridgate/storage/failover-settings-store'
import { gatewayKeyStore } from '@gridgate/storage/gateway-key-store'
import { heartbeatStore } from '@gridgate/storage/heartbeat-store'
import { historyStore } from '@gridgate/storage/history-store'
import { idempotency } from '@gridgate/storage/idempotency'
import { keyStore } from '@gridgate/storage/key-store'
import { kubeconfigVault } from '@gridgate/storage/kubeconfig-vault'
import { policyExecutionStore } from '@gridgate/storage/policy-execution-store'
import { policyMapStore } from '@gridgate/storage/policy-map-store'
import { policyStore } from '@gridgate/storage/policy-store'
import { rateLimiter } from '@gridgate/storage/rate-limiter'
import type { Store } from '@gridgate/storage/store'
import { summaryStore } from '@gridgate/storage/summary-store'
import { taskStore } from '@gridgate/storage/task-store'
import { webhookSecretStore } from '@gridgate/storage/webhook-secret-store'
import { alarmTrust } from './alarm-trust.ts'
import { authenticator } from './authenticator.ts'
import { calendar } from './calendar.ts'
import { type Config, readConfig } from './config.ts'
import { controllerClient } from './controller-client.ts'
import { executorBuilder } from './executor-builder.ts'
import { executorClient } from './executor-client.ts'
import { gatewayKeys } from './gateway-keys.ts'
import { health } from './health.ts'
import { instances } from './instances.ts'
import { kmsCipher } from './kms-cipher.ts'
import { type KubernetesOptions, kubernetes } from './kubernetes.ts'
import { lambdaEngine } from './lambda-engine.ts'
import { openLog } from './log.ts'
import { notificationQueue, notificationWebhooks } from './notifications.ts'
import { localHosts } from './reach-controller.ts'
import { remoteClient } from './remote.ts'
import type { SignedCaller } from './send-signed.ts'
import { siteOptions } from './site-options.ts'
import { sqsQueue } from './sqs-queue.ts'
import { stepFunctions } from './step-functions.ts'

/** As whom AWS is called, in place of what the process's environment says. */
export interface AwsIdentity {
  environment: Record<string, string | undefined>
  database: DynamoDBClientConfig
}

/** Parts that the local server or a test puts in place of what the configuration names. */
export interface Overrides {
  store?: Store
  cipher?: Cipher
  log?: Log
  ports?: Partial<Ports>
  aws?: AwsIdentity
}

/**
 * The one composition root: every port, each built when it is first used, so that a function pays only for what it touches.
 * Importing this file does nothing.
 */
export function compose(config: Config = readConfig(process.env), overrides: Overrides = {}): Ports {
  const { environment = process.env, database = {} } = overrides.aws ?? {}
  const store = once(() => overrides.store ?? dynamoStore(new DynamoDBClient(database), config.GRIDGATE_TABLE))
  const guard = once(() =>
    openAddressGuard({
      allow: splitList(config.GRIDGATE_OUTBOUND_ALLOW),
      local: splitList(config.GRIDGATE_OUTBOUND_LOCAL),
    }),
  )
  const remote = once(() => remoteClient(guard()))
  const ports = {} as Ports
  const aws = once(() => openAwsClient({ region: config.AWS_REGION, clock: ports.clock, environment }))
  const cipher = once(() => overrides.cipher ?? kmsCipher(aws(), config.GRIDGATE_KMS_KEY))
  const signedCaller = (): SignedCaller => ({
    remote: remote(),
    keys: ports.gatewayKeys,
    reroute: localHosts(config.GRIDGATE_LOCAL_HOSTS),
  })
  const site = (): KubernetesOptions => siteOptions(config, guard(), remote(), ports.gatewayKeys)
  const makers: Makers = {
    clock: () => ({ now: () => new Date() }),
    ids: () => ({ next: () => randomUUID() }),
    log: () => overrides.log ?? openLog(config),
    authenticator: () => authenticator(config, ports, remote),
    keys: () => rememberKeys(keyStore(store()), ports),
    rateLimiter: () => limiter(config, store(), ports),
    audit: () => auditLog(store(), ports.ids),
    idempotency: () => idempotency(store()),
    clusters: () => clusterStore(store(), ports.ids),
    actions: () => actionStore(store(), ports.clock),
    tasks: () => taskStore(store(), ports.clock),
    workflows: () => stepFunctions(aws(), config),
    kubeconfigs: () => kubeconfigVault(store(), cipher(), ports.clock),
    policies: () => policyStore(store()),
    policyMaps: () => policyMapStore(store()),
    policyContexts: () => contextStore(store()),
    decisions: () => decisionStore(store()),
    engine: () => switchedEngine(ports, lambdaEngine(aws(), config)),
    executors: () => executorStore(store()),
    executorClient: () => executorClient(ports, { guard: guard(), ...signedCaller() }),
    policyExecution: () => policyExecutionStore(store()),
    codeFetcher: () => codeFetcher(remote()),
    summaries: () => summaryStore(store()),
    infra: () => kubernetes(site()),
    executorInfra: () => executorBuilder(site()),
    instances: () =>
      instances(config, { remote: remote(), clock: ports.clock, keys: async () => environmentKeys(environment) }),
    heartbeats: () => heartbeatStore(store()),
    failoverSettings: () => failoverSettingsStore(store()),
    histories: () => historyStore(store()),
    calendar: () => calendar,
    gatewayKeys: () => gatewayKeys(gatewayKeyStore(store(), cipher()), ports),
    controllers: () => controllerClient(ports, signedCaller()),
    alarms: () => alarmStore(store()),
    alarmWatches: () => alarmWatchStore(store(), ports.clock),
    alarmQueue: () => sqsQueue(aws(), `${config.GRIDGATE_PREFIX}alarms`),
    alarmTrust: () => alarmTrust(config, ports, remote()),
    deadAlarms: () => deadAlarmStore(store()),
    failoverRules: () => failoverRuleStore(store()),
    webhookSecrets: () => webhookSecretStore(store(), cipher()),
    notifications: () => notificationQueue(config, sqsQueue(aws(), `${config.GRIDGATE_PREFIX}notifications`)),
    webhooks: () => notificationWebhooks(config, ports, remote()),
    counters: () => counterStore(store()),
    health: () => health(aws(), database, config),
  }
  return lazily(ports, makers, overrides.ports ?? {})
}

const limiter = (
  { GRIDGATE_RATE_LIMIT: perMinuteMax }: Config,
  store: Store,
  ports: Needs<'clock' | 'log'>,
): RateLimiter => (perMinuteMax === 0 ? { take: async () => null } : rateLimiter(store, ports, { perMinuteMax }))

type Makers = { [Name in keyof Ports]?: () => Ports[Name] }

/** Defines each port as what is given, or as what its maker gives when it is first asked for. */
function lazily(ports: Ports, makers: Makers, given: Partial<Ports>): Ports {
  for (const [name, make] of Object.entries({ ...makers, ...given })) {
    const value = name in given ? () => given[name as keyof Ports] : once(make as () => unknown)
    Object.defineProperty(ports, name, { enumerable: true, get: value })
  }
  return ports
}

function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
