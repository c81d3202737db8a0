import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { StatusError } from './status-error.ts'

/** A failure on the wire, made on purpose. */
export type Fault =
  | { kind: 'status'; status: 403 | 409 | 429 | 500 | 503; retryAfterSeconds?: number; message?: string }
  /** The connection is cut without an answer. */
  | { kind: 'cut' }
  /** The answer never comes. */
  | { kind: 'hang' }
  /** The request is dealt with so many milliseconds later. */
  | { kind: 'late'; ms: number }

export interface FaultRequest {
  method: string
  path: string
  /** How many requests of this method and path came before, plus one. */
  attempt: number
}

/** Decides for each request whether it fails; null lets it pass. */
export type Faults = (request: FaultRequest) => Fault | null

const reasons = {
  403: 'Forbidden',
  409: 'Conflict',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
} as const

/** Counts requests and makes those fail that the present rule picks. */
export class FaultInjector {
  #faults: Faults | undefined
  #attempts = new Map<string, number>()

  /** Replaces the rule; attempts are counted anew. */
  set(faults: Faults | undefined): void {
    this.#faults = faults
    this.#attempts = new Map()
  }

  /**
   * True when the request was dealt with: cut, or left to hang.
   * @throws {StatusError} for a fault that is an answer.
   */
  async strike(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    if (!this.#faults) return false
    const method = request.method ?? 'GET'
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const attempt = (this.#attempts.get(`${method} ${path}`) ?? 0) + 1
    this.#attempts.set(`${method} ${path}`, attempt)
    const fault = this.#faults({ method, path, attempt })
    if (!fault) return false
    if (fault.kind === 'hang') return true
    if (fault.kind === 'late') {
      await delay(fault.ms)
      return false
    }
    if (fault.kind === 'cut') {
      response.destroy()
      return true
    }
    const details = fault.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: fault.retryAfterSeconds }
    throw new StatusError(fault.status, reasons[fault.status], fault.message ?? 'a failure made on purpose', details)
  }
}
