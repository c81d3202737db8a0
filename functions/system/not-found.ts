import { fallback } from '@gridgate/http/fallback'
import { lambda } from '@gridgate/runtime/lambda'
import { callables, retired } from '../manifest.ts'

/** Everything that no other function takes (API Gateway's `$default`): 404, or 405 with `Allow`. */
export const notFound = fallback(callables, retired)

export const handler = lambda(notFound)
