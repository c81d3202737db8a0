import type { Tokens } from '../auth/tokens.ts'
import type { Objects } from '../objects.ts'

/** What the handlers of the API may touch. */
export interface ApiContext {
  objects: Objects
  tokens: Tokens
  /** The lines that a container has written, or undefined when it has not run. */
  logOf(pod: { namespace: string; name: string }, container: string): string | undefined
}
