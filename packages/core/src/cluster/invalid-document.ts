import type { z } from 'zod'
import { type ErrorCode, GridError } from '../errors.ts'

/** Most problems of one document that are told. */
const problemsMax = 50

/** One thing wrong with a request's body. */
export interface BodyProblem {
  /** JSON pointer into the body. */
  pointer: string
  detail: string
}

/** The 400 for a wrong body, with a pointer for each problem, as the edge makes it for what its schemas refuse. */
export function invalidBody(problems: readonly BodyProblem[], code: ErrorCode = 'request.invalid'): GridError {
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
  return new GridError(code, `the body is not valid: ${first?.pointer || '/'} ${first?.detail}${more}`, {
    details: { problems: problems.slice(0, problemsMax).map((problem) => ({ in: 'body', ...problem })) },
  })
}

/** What a schema found wrong, as problems of the body. */
export const problemsOf = (error: z.ZodError): BodyProblem[] =>
  error.issues.map(({ path, message }) => ({ pointer: path.map(pointerStep).join(''), detail: message }))

/** One step of a JSON pointer (RFC 6901). */
export const pointerStep = (key: PropertyKey): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
