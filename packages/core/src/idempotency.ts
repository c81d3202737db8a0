/** What a request answered, as it is replayed to the same Idempotency-Key. */
export interface RecordedReply {
  status: number
  headers: Record<string, string>
  body: string
}

/** Port: makes a write with an Idempotency-Key happen once (DESIGN.md decision 6, spec/decisions.md 54). */
export interface Idempotency {
  /**
   * Runs `work` unless the same caller, route and key already ran it; then gives that reply back.
   * @param scope caller, route and key in one string
   * @param fingerprint digest of the request's body, path and query
   * @throws {GridError} `idempotency.in_progress` while the first one runs, `idempotency.mismatch` for another request
   */
  once(scope: string, fingerprint: string, work: () => Promise<RecordedReply>): Promise<RecordedReply>
}
