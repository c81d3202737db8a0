import { createHash } from 'node:crypto'

/** What the policy function is asked, as far as it matters whose it is: a policy's scope, or code that nobody owns yet. */
export interface Owned {
  op: string
  request: unknown
}

/**
 * Whose a question is, for Lambda's tenant isolation: an environment that has run policies of one scope never runs those of
 * another. Code that is only looked at has one of its own, as it has a process of its own in the sandbox. A digest, because a
 * scope may hold what a tenant's id may not (1 to 256 of `[a-zA-Z0-9._:/=+@ -]`, "Invoke", AWS Lambda API Reference).
 */
export function tenantIdOf({ op, request }: Owned): string {
  const { tenant } = request as { tenant?: unknown }
  return createHash('sha256')
    .update(op === 'inspect' ? 'inspection' : `tenant:${tenant}`)
    .digest('hex')
}
