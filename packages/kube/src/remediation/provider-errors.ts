import { type ErrorCode, GridError } from '@gridgate/core/errors'
import { numberAt } from '../object.ts'

/** Asks, or changes what is no machine. @throws {GridError} `provider.*`: nothing was done to the machine */
export async function asking<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    throw undone(error)
  }
}

/** Gives an order that changes the machine. @throws {GridError} `provider.*`; `provider.unclear` where it may have been done */
export async function ordering<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof GridError && isLost(error))
      throw new GridError('provider.unclear', `whether it was done is not known: ${error.message}`, { cause: error })
    throw undone(error)
  }
}

const codes: Partial<Record<ErrorCode, ErrorCode>> = {
  'kube.throttled': 'provider.throttled',
  'kube.unreachable': 'provider.unreachable',
  'kube.conflict': 'provider.unreachable',
  'kube.unauthorized': 'provider.refused',
  'kube.forbidden': 'provider.refused',
  'kube.failed': 'provider.refused',
}

/** What is no failure of the API server, such as `action.fenced`, stays as it is. */
function undone(error: unknown): unknown {
  if (!(error instanceof GridError)) return error
  const code = isLost(error) ? 'provider.unreachable' : codes[error.code]
  if (code === undefined) return error
  const hint = error.code === 'kube.forbidden' ? '; creating the infrastructure again gives it the right' : ''
  return new GridError(code, `${error.message}${hint}`, { cause: error })
}

/** The API server gave no answer that tells whether it took the request. */
function isLost({ code, details }: GridError): boolean {
  if (code !== 'kube.failed') return code === 'kube.unreachable'
  const status = numberAt(details, 'status')
  // A list may go on too late (410), which is no refusal either.
  return status === undefined || status >= 500 || status === 410
}
