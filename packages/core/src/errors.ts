/**
 * Every failure a caller can meet, with its HTTP status. Codes are `noun.state`, stable and for machines;
 * a new one without a status does not compile. Statuses: spec/decisions.md 2 and 3.
 */
const statuses = {
  'request.invalid': 400,
  'request.malformed_json': 400,
  'request.unsafe_json': 400,
  'request.too_large': 413,
  'request.media_type': 415,
  'request.malformed_http': 400,
  'request.too_slow': 408,
  'request.headers_too_large': 431,
  'request.timeout': 504,
  'rate.limited': 429,
  'route.not_found': 404,
  'route.method_not_allowed': 405,
  'cursor.invalid': 400,
  'query.invalid': 400,
  'query.unknown_operator': 400,
  'precondition.failed': 412,

  'auth.missing': 401,
  'auth.invalid': 401,
  'auth.forbidden': 403,
  'key.not_found': 404,
  'key.too_many': 409,
  'key.last_admin': 409,
  'gateway_key.rotating': 409,

  'idempotency.in_progress': 409,
  'idempotency.mismatch': 422,
  'idempotency.not_replayable': 409,

  'audit.unreadable': 500,

  'cluster.not_found': 404,
  'cluster.exists': 409,
  'cluster.in_use': 409,
  'cluster.changed': 409,
  'cluster.too_large': 413,
  'cluster.identity_mismatch': 409,
  'cluster.no_controller': 409,
  'controller.unreachable': 503,
  'controller.too_slow': 504,
  'controller.failed': 502,
  'field.system_owned': 403,

  'failover.changed': 409,
  'failover.disabled': 409,
  'failover.frozen': 409,
  'failover.outside_window': 409,
  'budget.exhausted': 429,
  'budget.unreadable': 503,

  'node.not_found': 404,
  'node.exists': 409,
  'node.in_use': 409,
  'node.not_in_cluster': 409,
  'node.external_refused': 403,
  'node.not_ready': 504,
  'node.drain_blocked': 409,
  'node.tokens_exhausted': 429,
  'node.join_unconfigured': 409,

  'pool.not_found': 404,
  'jobset.not_found': 404,
  'action.not_found': 404,
  'action.exists': 409,
  'action.cluster_required': 400,
  'action.id_reused': 409,
  'action.in_flight': 409,
  'action.finished': 409,
  'budget.changed': 503,
  'action.node_required': 412,
  'action.preflight_failed': 412,
  'action.cordon_incomplete': 502,
  'action.evictions_blocked': 409,
  'action.not_restarted': 504,
  'action.drain_blocked': 409,
  'action.not_verified': 504,
  'action.needs_human': 504,
  'action.fenced': 409,
  'action.too_large': 413,

  'metrics.unavailable': 503,
  'metrics.invalid_query': 400,

  'executor.not_found': 404,
  'executor.exists': 409,
  'executor.in_use': 409,
  'executor.changed': 409,
  'executor.unreachable': 503,
  'executor.timeout': 504,

  'policy.not_found': 404,
  'policy.exists': 409,
  'policy.immutable': 409,
  'policy.in_use': 409,
  'policy.invalid_code': 400,
  'policy.requirements': 400,
  'policy.changed': 409,
  'policy.unavailable': 503,
  'policy.timeout': 503,
  'policy.crashed': 503,
  'policy.out_of_memory': 503,
  'policy.context_conflict': 503,
  'policy.bad_verdict': 502,
  'pre_check.denied': 403,
  'pre_check.unknown_action': 400,
  'pre_check.policy_unknown': 400,
  'decision.not_found': 404,

  'task.not_found': 404,
  'task.finished': 409,
  'task.running': 409,
  'task.exists': 409,
  'task.lost': 500,
  'task.timed_out': 504,
  'task.cancelled': 409,
  'task.cancel_incomplete': 500,

  'kubeconfig.invalid': 400,
  'kubeconfig.gone': 409,
  'address.refused': 400,
  'kube.unreachable': 503,
  'kube.unauthorized': 502,
  'kube.forbidden': 502,
  'kube.conflict': 409,
  'kube.throttled': 503,
  'kube.failed': 502,
  'kube.unsupported_version': 409,
  'infra.gateway_missing': 409,
  'infra.port_conflict': 409,
  'infra.not_ready': 504,
  'infra.not_empty': 409,

  'alarm.invalid': 400,
  'alarm.not_found': 404,
  'alarm.refused': 403,
  'alarm.rate_limited': 429,
  'alarm.contended': 503,
  'alarm.dead_letter_not_found': 404,
  'rule.not_found': 404,
  'rule.exists': 409,
  'rule.changed': 409,
  'rule.invalid': 400,
  'rule.too_many': 409,
  'webhook_secret.not_found': 404,
  'webhook_secret.too_many': 409,

  'remote.unreachable': 503,
  'remote.failed': 502,
  'remote.too_slow': 504,
  'remote.too_large': 502,

  'provider.unsupported': 412,
  'provider.unconfigured': 412,
  'provider.not_allowed': 412,
  'provider.refused': 502,
  'provider.throttled': 503,
  'provider.unreachable': 503,
  'provider.unclear': 504,

  'service.unavailable': 503,
  internal: 500,
} as const

export type ErrorCode = keyof typeof statuses
export type ErrorStatus = (typeof statuses)[ErrorCode]

export interface ErrorOptions {
  /** The failure underneath; it is logged, never shown to a caller. */
  cause?: unknown
  /** Ids and numbers for the caller, under `details` of the error body. */
  details?: Record<string, unknown>
  /** When the caller may try again, in whole seconds; becomes `Retry-After`. */
  retryAfterSeconds?: number
  /** Further reply headers, for example `Allow` and `Location`. */
  headers?: Record<string, string>
  /** Another status than the code's own, where one code means two things to a caller (spec/decisions.md 3). */
  status?: ErrorStatus
}

/**
 * A failure of the closed list. The code is also the error's `name`, so that a workflow's Retry and Catch match it.
 * The message is one lower-case clause with the ids; a caller sees it, so it never carries a secret.
 */
export class GridError extends Error {
  readonly code: ErrorCode
  readonly details: Record<string, unknown> | undefined
  readonly retryAfterSeconds: number | undefined
  readonly headers: Record<string, string>
  readonly status: ErrorStatus

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = code
    this.code = code
    this.details = options.details
    this.retryAfterSeconds = options.retryAfterSeconds
    this.headers = options.headers ?? {}
    this.status = options.status ?? statuses[code]
  }
}

/** All codes with their statuses, for the documentation of the API. */
export const errorStatuses: Readonly<Record<ErrorCode, number>> = statuses

/** What a route whose use case asks the policies may fail with, beside the codes of engines that give no verdict. */
export const guardErrors = ['pre_check.denied', 'policy.bad_verdict'] as const satisfies readonly ErrorCode[]

/** What a route that only shows what the policies say may fail with. */
export const trialErrors = [
  'policy.not_found',
  'policy.timeout',
  'policy.crashed',
  'policy.bad_verdict',
] as const satisfies readonly ErrorCode[]

/** What a failover action may end with. */
export const actionErrors = [
  ...(['action.preflight_failed', 'action.cordon_incomplete', 'action.evictions_blocked'] as const),
  ...(['action.not_restarted', 'action.drain_blocked', 'action.not_verified', 'action.needs_human'] as const),
  ...(['action.fenced', 'failover.frozen', 'task.cancelled', 'task.timed_out', 'task.lost'] as const),
  ...(['provider.unsupported', 'provider.unconfigured', 'provider.not_allowed', 'provider.refused'] as const),
  ...(['provider.throttled', 'provider.unreachable', 'provider.unclear'] as const),
] as const satisfies readonly ErrorCode[]

/** What a route that calls a cluster's controller may fail with. */
export const controllerErrors = [
  'controller.unreachable',
  'controller.too_slow',
  'controller.failed',
] as const satisfies readonly ErrorCode[]
