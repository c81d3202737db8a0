import { createHash } from 'node:crypto'
import type { EvaluationRequest, PolicyCode } from '@gridgate/core/policy/engine'
import { limits } from '../limits.ts'

/** What an interpreter is made for; requests that differ in none of it share one. */
export type PolicyIdentity = Pick<EvaluationRequest, 'tenant' | 'code' | 'settings' | 'parameters'>

/** Which interpreter a policy needs: one per tenant, digest, settings and parameters. */
export function interpreterKey({ tenant, code, settings, parameters }: PolicyIdentity): string {
  const identity = JSON.stringify([tenant, code.digest, code.kind, settings, parameters])
  return createHash('sha256').update(identity).digest('base64url')
}

/** What harness.load is called with. Throws when the code is too large or not what its digest says. */
export function loadCall(policy: PolicyIdentity, wallMsMax: number): { parts: string[]; wallMsMax: number } {
  const { code, settings, parameters } = policy
  const problem = codeProblem(code)
  if (problem) throw new Error(problem)
  const request = {
    kind: code.kind,
    settings: JSON.stringify(settings),
    parameters: JSON.stringify(parameters),
    limits,
  }
  return { parts: [JSON.stringify(request), code.data], wallMsMax }
}

/** Why code may not be run or looked at, or null: its size, or a digest that is not of these bytes. */
export function codeProblem(code: PolicyCode): string | null {
  const bytes = Buffer.from(code.data, code.kind === 'archive' ? 'base64' : 'utf8')
  if (bytes.length > limits.codeBytesMax) return `the code has ${bytes.length} bytes, more than ${limits.codeBytesMax}`
  const digest = createHash('sha256').update(bytes).digest('hex')
  return digest === code.digest ? null : `the code does not have the digest ${code.digest.slice(0, 64)}`
}
