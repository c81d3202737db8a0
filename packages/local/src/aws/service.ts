/** What every emulated AWS service is: operations by name, JSON in and out. The endpoint speaks HTTP for all of them. */
export interface AwsService {
  /**
   * Runs one operation, for example `StartExecution`.
   * @throws {AwsError} with the code that AWS documents for the operation; `UnknownOperationException` for others.
   */
  call(operation: string, input: JsonObject): Promise<JsonObject>
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** A failure as AWS words it: `code` becomes `__type` on the wire. */
export class AwsError extends Error {
  readonly code: string
  readonly status: number
  /** Further members of the error body, for example `CancellationReasons`. */
  readonly members: JsonObject

  constructor(code: string, message: string, options: { status?: number; members?: JsonObject } = {}) {
    super(message)
    this.name = code
    this.code = code
    this.status = options.status ?? 400
    this.members = options.members ?? {}
  }
}

/** The answer to an operation that the emulation does not have. */
export const unknownOperation = (operation: string): AwsError =>
  new AwsError('UnknownOperationException', `${operation} is not supported by the embedded cloud`)
