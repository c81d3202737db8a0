import { createHash } from 'node:crypto'
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import { GridError } from '@gridgate/core/errors'
import type { Idempotency } from '@gridgate/core/idempotency'
import { ReplyRecords } from './reply-records.ts'
import type { Store } from './store.ts'

/** How long a reply is kept for a replay (spec/decisions.md 54). */
const replySecondsMax = 24 * 3600
/** A request that began longer ago died with its process: its key is free again. */
const runningSecondsMax = 60

/** Idempotency keys with Stripe's semantics, by Powertools over our own table. */
export function idempotency(store: Store): Idempotency {
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'scope',
    payloadValidationJmesPath: 'fingerprint',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: replySecondsMax,
    hashFunction: 'sha256',
  })
  // Without a context Powertools would hold the key of a dead process for the whole 24 hours.
  config.registerLambdaContext({ getRemainingTimeInMillis: () => runningSecondsMax * 1000 } as Parameters<
    typeof config.registerLambdaContext
  >[0])
  const records = new ReplyRecords(store)
  return {
    async once(scope, fingerprint, work) {
      const run = makeIdempotent(async (_request: { scope: string; fingerprint: string }) => work(), {
        persistenceStore: records,
        config,
        keyPrefix: 'reply',
      })
      try {
        return await run({ scope: createHash('sha256').update(scope).digest('hex'), fingerprint })
      } catch (error) {
        throw translated(error)
      }
    },
  }
}

function translated(error: unknown): unknown {
  const name = error instanceof Error ? error.name : ''
  if (name === 'IdempotencyAlreadyInProgressError' || name === 'IdempotencyInconsistentStateError')
    return new GridError('idempotency.in_progress', 'a request with this Idempotency-Key is still running', {
      retryAfterSeconds: 1,
    })
  if (name === 'IdempotencyValidationError')
    return new GridError('idempotency.mismatch', 'this Idempotency-Key was used for another request')
  return error
}
