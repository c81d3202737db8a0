import type { Tree } from './object.ts'

export interface Cause {
  reason: string
  message: string
  field: string
}

export interface StatusDetails {
  name?: string | undefined
  group?: string | undefined
  kind?: string | undefined
  uid?: string | undefined
  causes?: Cause[] | undefined
  retryAfterSeconds?: number | undefined
}

/** A refusal as the Kubernetes API words it: a `Status` object with code, reason, message and details. */
export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.name = reason
    this.code = code
    this.reason = reason
    this.details = details
  }

  /** The body of the reply. */
  toStatus(): Tree {
    const details = this.details ? { details: this.details } : {}
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...details,
      code: this.code,
    }
  }
}

/** What an error message names an object by: `deployments.apps "web"`. */
export interface Subject {
  group: string
  /** Plural resource name, or the kind where Kubernetes uses that (validation). */
  resource: string
  name: string
}

const qualified = (subject: Subject): string =>
  subject.group === '' ? subject.resource : `${subject.resource}.${subject.group}`

const detailsOf = (subject: Subject): StatusDetails => ({
  name: subject.name,
  ...(subject.group === '' ? {} : { group: subject.group }),
  kind: subject.resource,
})

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message)

export const unauthorized = (): StatusError => new StatusError(401, 'Unauthorized', 'Unauthorized')

export const forbidden = (subject: Subject, message: string): StatusError =>
  new StatusError(
    403,
    'Forbidden',
    subject.name === ''
      ? `${qualified(subject)} is forbidden: ${message}`
      : `${qualified(subject)} ${JSON.stringify(subject.name)} is forbidden: ${message}`,
    detailsOf(subject),
  )

export const notFound = (subject: Subject): StatusError =>
  new StatusError(
    404,
    'NotFound',
    `${qualified(subject)} ${JSON.stringify(subject.name)} not found`,
    detailsOf(subject),
  )

/** The answer to a path that is not served at all. */
export const noSuchPath = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', { causes: [] })

export const methodNotAllowed = (): StatusError =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')

export const notAcceptable = (accepted: string): StatusError =>
  new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`)

export const unsupportedMediaType = (accepted: string): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted}`,
  )

export const alreadyExists = (subject: Subject): StatusError =>
  new StatusError(
    409,
    'AlreadyExists',
    `${qualified(subject)} ${JSON.stringify(subject.name)} already exists`,
    detailsOf(subject),
  )

export const conflict = (subject: Subject, message: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(subject)} ${JSON.stringify(subject.name)}: ${message}`,
    detailsOf(subject),
  )

/** The conflict of a write that was based on an older state. */
export const modified = (subject: Subject): StatusError =>
  conflict(subject, 'the object has been modified; please apply your changes to the latest version and try again')

export const expired = (message: string): StatusError => new StatusError(410, 'Expired', message)

export const tooManyRequests = (message: string, details?: StatusDetails): StatusError =>
  new StatusError(429, 'TooManyRequests', message, details)

/** A finding of validation; several become one 422. */
export interface Finding extends Cause {}

export const required = (field: string, detail = ''): Finding => ({
  reason: 'FieldValueRequired',
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  field,
})

export const invalidValue = (field: string, value: unknown, detail: string): Finding => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${detail}`,
  field,
})

export const unsupportedValue = (field: string, value: unknown, supported: readonly string[]): Finding => ({
  reason: 'FieldValueNotSupported',
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${[...supported]
    .sort()
    .map((each) => JSON.stringify(each))
    .join(', ')}`,
  field,
})

export const duplicateValue = (field: string, value: unknown): Finding => ({
  reason: 'FieldValueDuplicate',
  message: `Duplicate value: ${JSON.stringify(value)}`,
  field,
})

export const forbiddenValue = (field: string, detail: string): Finding => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${detail}`,
  field,
})

/** 422 with every finding as a cause. `subject.resource` is the kind here, as Kubernetes has it. */
export function invalid(subject: Subject, findings: readonly Finding[]): StatusError {
  const texts = findings.map((finding) => `${finding.field}: ${finding.message}`)
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', `${qualified(subject)} ${JSON.stringify(subject.name)} is invalid: ${list}`, {
    ...detailsOf(subject),
    causes: [...findings],
  })
}
