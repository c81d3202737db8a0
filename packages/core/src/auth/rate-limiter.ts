/** What a caller may still ask for in this minute, after a request was counted. */
export interface Share {
  /** Requests of a whole minute. */
  limit: number
  left: number
  /** Until the next minute begins; at least 1. */
  resetSeconds: number
  /** This request was one too many. */
  isExceeded: boolean
}

/** Port: counts the requests of each caller, together with all other processes. */
export interface RateLimiter {
  /**
   * Counts a request.
   * @param who whose share it is taken from
   * @returns null where nobody is limited, or where it cannot be counted: then it is let through
   */
  take(who: string): Promise<Share | null>
}
