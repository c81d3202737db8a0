import { GridError } from '@gridgate/core/errors'
import { listAt, numberAt, parsedJson, textAt } from './object.ts'
import type { Reply } from './transport.ts'

/** A field that another manager holds, as server-side apply reports it. */
export interface FieldConflict {
  readonly manager: string
  readonly field: string
}

/** Most characters of a server's own text that are kept for the log. */
const saidCharactersMax = 500

/** Network failures after which it is certain or harmless that the same call is made again. */
const transient = new Set(['ECONNRESET', 'EPIPE', 'ECONNREFUSED', 'ECONNABORTED', 'EAI_AGAIN', 'ETIMEDOUT'])

/** Whether a failed attempt says nothing against trying again. */
export function isTransient(error: unknown): boolean {
  return error instanceof Error && 'code' in error && transient.has(String(error.code))
}

/**
 * Turns whatever a connection threw into a listed code. Callers see our words only; the original is the `cause`.
 * @param action what was being done, for example `reading Deployment metrics/x`
 */
export function fromNetwork(error: unknown, action: string): GridError {
  if (error instanceof GridError) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const details = code === '' ? {} : { details: { reason: code } }
  if (/^(ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_SSL|EPROTO)/.test(code))
    return new GridError('kube.failed', `${action}: the API server's certificate or TLS is not accepted`, {
      cause: error,
      ...details,
    })
  return new GridError('kube.unreachable', `${action}: the API server does not answer`, { cause: error, ...details })
}

/** Turns a reply that is not a success into a listed code; the one place that knows Kubernetes' statuses. */
export function fromReply(reply: Reply, action: string): GridError {
  const status = parsedJson(reply.text)
  const reason = textAt(status, 'reason')
  const details = {
    status: reply.status,
    ...(reason !== undefined && /^[A-Za-z]{1,60}$/.test(reason) ? { reason } : {}),
  }
  const cause = new Error(`API server: ${(textAt(status, 'message') ?? reply.text).slice(0, saidCharactersMax)}`)
  const options = { cause, details }
  switch (reply.status) {
    case 401:
      return new GridError('kube.unauthorized', `${action}: the cluster does not accept the kubeconfig's user`, options)
    case 403:
      return new GridError('kube.forbidden', `${action}: the kubeconfig's user is not allowed to`, options)
    case 409:
      return conflict(status, action, options)
    case 429: {
      const retryAfterSeconds = retrySeconds(reply) ?? numberAt(status, 'details', 'retryAfterSeconds') ?? 1
      return new GridError('kube.throttled', `${action}: the API server asks to wait`, {
        ...options,
        retryAfterSeconds,
      })
    }
    case 502:
    case 503:
    case 504:
      return new GridError('kube.unreachable', `${action}: the API server is not available`, options)
    default:
      return new GridError('kube.failed', `${action}: the API server answered ${reply.status}`, {
        cause,
        details: { ...details, fields: causeFields(status) },
      })
  }
}

/** Seconds of a `Retry-After` header, or undefined where it has none (dates are not used by Kubernetes). */
export function retrySeconds(reply: Reply): number | undefined {
  const seconds = Number(reply.retryAfter)
  return reply.retryAfter !== undefined && Number.isInteger(seconds) && seconds >= 0 ? seconds : undefined
}

function conflict(
  status: unknown,
  action: string,
  options: { cause: Error; details: Record<string, unknown> },
): GridError {
  const conflicts = fieldConflicts(status)
  const said = conflicts.map(({ manager, field }) => `${field} belongs to ${manager}`).join(', ')
  const why = said === '' ? 'it is or was changed by someone else' : said
  const details = { ...options.details, conflicts }
  return new GridError('kube.conflict', `${action}: ${why}`, { cause: options.cause, details })
}

/** Reads `conflict with "manager" using apps/v1` and its field from the causes of a Status. */
function fieldConflicts(status: unknown): FieldConflict[] {
  return listAt(status, 'details', 'causes').flatMap((cause) => {
    const manager = /conflict with "([^"]{1,128})"/.exec(textAt(cause, 'message') ?? '')?.[1]
    const field = textAt(cause, 'field')
    return manager === undefined || field === undefined ? [] : [{ manager, field: field.slice(0, 256) }]
  })
}

function causeFields(status: unknown): string[] {
  return listAt(status, 'details', 'causes')
    .flatMap((cause) => textAt(cause, 'field') ?? [])
    .filter((field) => /^[A-Za-z0-9_.[\]/<>-]{1,256}$/.test(field))
    .slice(0, 20)
}
