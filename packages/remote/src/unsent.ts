/** The code of our own for a connection that is not made in time. */
export const connectTimeout = 'CONNECT_TIMEOUT'

/** Failures of a connection before a request goes over it. Everything else counts as sent: a request cannot be called back. */
const unsent: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  connectTimeout,
])

/** Claims that a request which failed so was never sent. */
export const isNeverSent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && unsent.has(error.code)
