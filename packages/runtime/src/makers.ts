import { randomUUID } from 'node:crypto'
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import type { AddressGuard } from '@gridgate/core/address-guard'
import { rememberKeys } from '@gridgate/core/auth/remember-keys'
import { switchedEngine } from '@gridgate/core/executor/switched-engine'
import type { Cipher } from '@gridgate/core/infra/cipher'
import type { Ports } from '@gridgate/core/ports'
import { openAddressGuard, splitList } from '@gridgate/remote/address-guard'
import { type AwsClient, environmentKeys, openAwsClient } from '@gridgate/remote/aws/aws-client'
import { codeFetcher as openCodeFetcher } from '@gridgate/remote/code-fetcher'
import type { RemoteClient } from '@gridgate/remote/remote-client'
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
import { idempotency as openIdempotency } from '@gridgate/storage/idempotency'
import { keyStore } from '@gridgate/storage/key-store'
import { kubeconfigVault } from '@gridgate/storage/kubeconfig-vault'
import { policyExecutionStore } from '@gridgate/storage/policy-execution-store'
import { policyMapStore } from '@gridgate/storage/policy-map-store'
import { policyStore } from '@gridgate/storage/policy-store'
import { rateLimiter as openRateLimiter } from '@gridgate/storage/rate-limiter'
import type { Store } from '@gridgate/storage/store'
import { summaryStore } from '@gridgate/storage/summary-store'
import { taskStore } from '@gridgate/storage/task-store'
import { webhookSecretStore } from '@gridgate/storage/webhook-secret-store'
import { alarmTrust as openAlarmTrust } from './alarm-trust.ts'
import { authenticator as openAuthenticator } from './authenticator.ts'
import { calendar as cronCalendar } from './calendar.ts'
import type { Config } from './config.ts'
import { controllerClient } from './controller-client.ts'
import { executorBuilder } from './executor-builder.ts'
import { executorClient as openExecutorClient } from './executor-client.ts'
import { gatewayKeys as openGatewayKeys } from './gateway-keys.ts'
import { health as openHealth } from './health.ts'
import { infraPlan as openInfraPlan, type PlanOptions } from './infra-plan.ts'
import { instances as cloudInstances } from './instances.ts'
import { kmsCipher } from './kms-cipher.ts'
import { kubeconfigReader as openKubeconfigReader } from './kubeconfig-reader.ts'
import { type KubernetesOptions, kubernetes } from './kubernetes.ts'
import { lambdaEngine } from './lambda-engine.ts'
import { openLog } from './log.ts'
import { notificationQueue, notificationWebhooks } from './notifications.ts'
import { planOptions } from './plan-options.ts'
import { localHosts } from './reach-controller.ts'
import { remoteClient } from './remote.ts'
import type { SignedCaller } from './send-signed.ts'
import { siteOptions } from './site-options.ts'
import { sqsQueue } from './sqs-queue.ts'
import { stepFunctions } from './step-functions.ts'

/** As whom AWS is called: what the environment says, or what the local server puts in its place. */
export interface AwsIdentity {
  environment: Record<string, string | undefined>
  database: DynamoDBClientConfig
}

/** Everything that is made here: the ports, and the parts that several of them are made of. */
export interface Parts extends Ports, AwsIdentity {
  config: Config
  store: Store
  cipher: Cipher
  guard: AddressGuard
  remote: RemoteClient
  aws: AwsClient
  signedCaller: SignedCaller
  plan: PlanOptions
  site: KubernetesOptions
}

/**
 * The share of the parts that a maker may touch. It is read from this file's text as well: a function's bundle holds the
 * makers that its row's ports lead to, and no others.
 */
type From<Names extends keyof Parts> = Pick<Parts, Names>

export const environment = () => process.env
export const database = () => ({})
export const store = ({ config, database }: From<'config' | 'database'>) =>
  dynamoStore(new DynamoDBClient(database), config.GRIDGATE_TABLE)
export const cipher = ({ config, aws }: From<'config' | 'aws'>) => kmsCipher(aws, config.GRIDGATE_KMS_KEY)
export const guard = ({ config }: From<'config'>) =>
  openAddressGuard({
    allow: splitList(config.GRIDGATE_OUTBOUND_ALLOW),
    local: splitList(config.GRIDGATE_OUTBOUND_LOCAL),
  })
export const remote = ({ guard }: From<'guard'>) => remoteClient(guard)
export const aws = ({ config, clock, environment }: From<'config' | 'clock' | 'environment'>) =>
  openAwsClient({ region: config.AWS_REGION, clock, environment })
export const signedCaller = ({ config, remote, gatewayKeys: keys }: From<'config' | 'remote' | 'gatewayKeys'>) => ({
  remote,
  keys,
  reroute: localHosts(config.GRIDGATE_LOCAL_HOSTS),
})
export const plan = ({ config, gatewayKeys }: From<'config' | 'gatewayKeys'>) => planOptions(config, gatewayKeys)
export const site = ({ config, guard, remote, plan }: From<'config' | 'guard' | 'remote' | 'plan'>) =>
  siteOptions(config, guard, remote, plan)

export const clock = () => ({ now: () => new Date() })
export const ids = () => ({ next: () => randomUUID() })
export const log = ({ config }: From<'config'>) => openLog(config)
export const authenticator = (parts: From<'config' | 'keys' | 'clusters' | 'clock' | 'log' | 'remote'>) =>
  openAuthenticator(parts.config, parts, () => parts.remote)
export const keys = ({ store, clock }: From<'store' | 'clock'>) => rememberKeys(keyStore(store), { clock })
export const rateLimiter = ({ config, store, clock, log }: From<'config' | 'store' | 'clock' | 'log'>) =>
  config.GRIDGATE_RATE_LIMIT === 0
    ? { take: async () => null }
    : openRateLimiter(store, { clock, log }, { perMinuteMax: config.GRIDGATE_RATE_LIMIT })
export const audit = ({ store, clock }: From<'store' | 'clock'>) => auditLog(store, { clock })
/** What nobody asked for leaves no trail; the edge puts one of its own over it for each request. */
export const trail = () => ({ note: () => undefined, about: () => undefined })
export const idempotency = ({ store }: From<'store'>) => openIdempotency(store)
export const clusters = ({ store, ids }: From<'store' | 'ids'>) => clusterStore(store, ids)
export const actions = ({ store, clock }: From<'store' | 'clock'>) => actionStore(store, clock)
export const tasks = ({ store, clock }: From<'store' | 'clock'>) => taskStore(store, clock)
export const workflows = ({ config, aws }: From<'config' | 'aws'>) => stepFunctions(aws, config)
export const kubeconfigs = ({ store, cipher, clock }: From<'store' | 'cipher' | 'clock'>) =>
  kubeconfigVault(store, cipher, clock)
export const policies = ({ store }: From<'store'>) => policyStore(store)
export const policyMaps = ({ store }: From<'store'>) => policyMapStore(store)
export const policyContexts = ({ store }: From<'store'>) => contextStore(store)
export const decisions = ({ store }: From<'store'>) => decisionStore(store)
export const engine = (parts: From<'config' | 'aws' | 'executors' | 'executorClient' | 'policyExecution'>) =>
  switchedEngine(parts, lambdaEngine(parts.aws, parts.config))
export const executors = ({ store }: From<'store'>) => executorStore(store)
export const executorClient = (parts: From<'guard' | 'signedCaller' | 'clock' | 'ids'>) =>
  openExecutorClient(parts, { guard: parts.guard, ...parts.signedCaller })
export const policyExecution = ({ store }: From<'store'>) => policyExecutionStore(store)
export const codeFetcher = ({ remote }: From<'remote'>) => openCodeFetcher(remote)
export const summaries = ({ store }: From<'store'>) => summaryStore(store)
export const kubeconfigReader = ({ guard }: From<'guard'>) => openKubeconfigReader(guard)
export const infraPlan = ({ plan }: From<'plan'>) => openInfraPlan(plan)
export const infra = ({ site }: From<'site'>) => kubernetes(site)
export const executorInfra = ({ site }: From<'site'>) => executorBuilder(site)
export const instances = (parts: From<'config' | 'remote' | 'clock' | 'environment'>) =>
  cloudInstances(parts.config, {
    remote: parts.remote,
    clock: parts.clock,
    keys: async () => environmentKeys(parts.environment),
  })
export const heartbeats = ({ store }: From<'store'>) => heartbeatStore(store)
export const failoverSettings = ({ store }: From<'store'>) => failoverSettingsStore(store)
export const histories = ({ store }: From<'store'>) => historyStore(store)
export const calendar = () => cronCalendar
export const gatewayKeys = ({ store, cipher, clock }: From<'store' | 'cipher' | 'clock'>) =>
  openGatewayKeys(gatewayKeyStore(store, cipher), { clock })
export const controllers = (parts: From<'signedCaller' | 'clock' | 'ids'>) =>
  controllerClient(parts, parts.signedCaller)
export const alarms = ({ store }: From<'store'>) => alarmStore(store)
export const alarmWatches = ({ store, clock }: From<'store' | 'clock'>) => alarmWatchStore(store, clock)
export const alarmQueue = ({ config, aws }: From<'config' | 'aws'>) => sqsQueue(aws, `${config.GRIDGATE_PREFIX}alarms`)
export const alarmTrust = ({ config, clock, remote }: From<'config' | 'clock' | 'remote'>) =>
  openAlarmTrust(config, { clock }, remote)
export const deadAlarms = ({ store }: From<'store'>) => deadAlarmStore(store)
export const failoverRules = ({ store }: From<'store'>) => failoverRuleStore(store)
export const webhookSecrets = ({ store, cipher }: From<'store' | 'cipher'>) => webhookSecretStore(store, cipher)
export const notifications = ({ config, aws }: From<'config' | 'aws'>) =>
  notificationQueue(config, sqsQueue(aws, `${config.GRIDGATE_PREFIX}notifications`))
export const webhooks = ({ config, clock, remote }: From<'config' | 'clock' | 'remote'>) =>
  notificationWebhooks(config, { clock }, remote)
export const counters = ({ store }: From<'store'>) => counterStore(store)
export const health = ({ config, aws, database }: From<'config' | 'aws' | 'database'>) =>
  openHealth(aws, database, config)
