import type { ActionStore } from './action/action-store.ts'
import type { AlarmQueue } from './alarm/alarm-queue.ts'
import type { AlarmStore, RuleStore, WatchStore } from './alarm/alarm-store.ts'
import type { AlarmTrust } from './alarm/alarm-trust.ts'
import type { DeadAlarmStore } from './alarm/dead-alarm.ts'
import type { WebhookSecretStore } from './alarm/webhook-secret.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { Trail } from './audit/open-trail.ts'
import type { Authenticator } from './auth/authenticator.ts'
import type { KeyStore } from './auth/key-store.ts'
import type { RateLimiter } from './auth/rate-limiter.ts'
import type { ClusterStore } from './cluster/cluster-store.ts'
import type { ControllerClient } from './controller/controller-client.ts'
import type { GatewayKeys } from './controller/gateway-keys.ts'
import type { HeartbeatStore } from './controller/heartbeat.ts'
import type { CounterStore } from './counter/counter-store.ts'
import type { ExecutorBuilder } from './executor/executor-builder.ts'
import type { ExecutorClient } from './executor/executor-client.ts'
import type { ExecutorStore } from './executor/executor-store.ts'
import type { PolicyExecutionStore } from './executor/policy-execution-store.ts'
import type { FailoverSettingsStore } from './failover/failover-settings-store.ts'
import type { HistoryStore } from './failover/history.ts'
import type { Calendar } from './failover/window.ts'
import type { Idempotency } from './idempotency.ts'
import type { InfraBuilder, InfraPlan, KubeconfigReader } from './infra/infra-builder.ts'
import type { KubeconfigVault } from './infra/kubeconfig-vault.ts'
import type { SummaryStore } from './metrics/summary-store.ts'
import type { Notifications, NotificationWebhooks } from './notification/notifications.ts'
import type { CodeFetcher } from './policy/code-fetcher.ts'
import type { ContextStore } from './policy/context-store.ts'
import type { DecisionStore } from './policy/decision-store.ts'
import type { PolicyEngine } from './policy/engine.ts'
import type { PolicyMapStore } from './policy/policy-map-store.ts'
import type { PolicyStore } from './policy/policy-store.ts'
import type { InstanceProviders } from './repair/instances.ts'
import type { TaskStore } from './task/task-store.ts'
import type { Workflows } from './task/workflows.ts'

/** Time and randomness, so that a test can hold them still. */
export interface Clock {
  now(): Date
}
export interface Ids {
  /** A new unguessable id: a random UUID, as the documented tasks have (spec/tasks.md §1). */
  next(): string
}

/** One line per event: `noun.verb`, then ids and numbers. Never a body, kubeconfig, token or policy source. */
export interface Log {
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

/** Everything the domain may touch. A use case names its share with `Needs`. */
export interface Ports {
  clock: Clock
  ids: Ids
  log: Log
  authenticator: Authenticator
  keys: KeyStore
  rateLimiter: RateLimiter
  audit: AuditLog
  trail: Trail
  idempotency: Idempotency
  clusters: ClusterStore
  policies: PolicyStore
  policyMaps: PolicyMapStore
  policyContexts: ContextStore
  decisions: DecisionStore
  engine: PolicyEngine
  codeFetcher: CodeFetcher
  executors: ExecutorStore
  executorClient: ExecutorClient
  executorInfra: ExecutorBuilder
  policyExecution: PolicyExecutionStore
  tasks: TaskStore
  actions: ActionStore
  workflows: Workflows
  kubeconfigs: KubeconfigVault
  kubeconfigReader: KubeconfigReader
  infraPlan: InfraPlan
  infra: InfraBuilder
  summaries: SummaryStore
  controllers: ControllerClient
  gatewayKeys: GatewayKeys
  heartbeats: HeartbeatStore
  instances: InstanceProviders
  failoverSettings: FailoverSettingsStore
  histories: HistoryStore
  calendar: Calendar
  alarms: AlarmStore
  alarmWatches: WatchStore
  alarmQueue: AlarmQueue
  alarmTrust: AlarmTrust
  deadAlarms: DeadAlarmStore
  failoverRules: RuleStore
  webhookSecrets: WebhookSecretStore
  notifications: Notifications
  webhooks: NotificationWebhooks
  counters: CounterStore
  /** Whether each part that the system needs answers, for `/readyz`. */
  health: Health
}

/** Port: asks every dependency whether it answers. */
export interface Health {
  check(): Promise<Record<string, { ok: boolean; detail?: string }>>
}

/** The share of the ports that a use case may touch. */
export type Needs<Names extends keyof Ports> = Pick<Ports, Names>

/** What asking the policies takes for somebody who only wants to know (policy/try-pre-check.ts). */
export type TrialPort = 'policyMaps' | 'policies' | 'policyContexts' | 'engine' | 'clock' | 'ids' | 'log'

/** What asking them before a write takes: the decision is recorded (policy/pre-check.ts). */
export type GuardPort = TrialPort | 'decisions'

/** What it takes to count an action that begins or ends, and to tell of it (action/report-action.ts). */
export type ReportPort = 'notifications' | 'counters'
