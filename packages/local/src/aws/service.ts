/** What every emulated AWS service is: operations by name, JSON in and out. The endpoint speaks HTTP for all of them. */
export interface AwsService {
  /**
   * Runs one operation, for example `StartExecution`. `gone` fires when the caller has hung up, which ends a long poll.
   * @throws {AwsError} with the code that AWS documents for the operation; `UnknownOperationException` for others.
   */
  call(operation: string, input: JsonObject, gone?: AbortSignal): Promise<JsonObject>
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** A failure as AWS words it: `code` becomes `__type` on the wire. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  /** Further members of the error body, for example `CancellationReasons`. */
  readonly members: JsonObject
  /** The code that the service's older query protocol had for it, sent as `x-amzn-query-error` (SQS). */
  readonly queryCode: string | undefined

  constructor(
    code: string,
    message: string,
    options: { status?: number; members?: JsonObject; queryCode?: string | undefined } = {},
  ) {
    super(message)
    this.name = code
    this.code = code
    this.status = options.status ?? 400
    this.members = options.members ?? {}
    this.queryCode = options.queryCode
  }
}

/** The answer to an operation that the emulation does not have. */
export const unknownOperation = (operation: string): AwsError =>
  new AwsError('UnknownOperationException', `${operation} is not supported by the embedded cloud`)

/** The body of a call in a JSON protocol. @throws {AwsError} SerializationException */
export function parseObject(body: Buffer): JsonObject {
  let value: Json
  try {
    value = body.length === 0 ? {} : (JSON.parse(body.toString('utf8')) as Json)
  } catch {
    throw new AwsError('SerializationException', 'the request body is not JSON')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new AwsError('SerializationException', 'the request body is not a JSON object')
  return value
}
