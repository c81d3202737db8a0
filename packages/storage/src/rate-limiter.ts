import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { RateLimiter, Share } from '@gridgate/core/auth/rate-limiter'
import type { Needs } from '@gridgate/core/ports'
import type { Store } from './store.ts'
import { keys } from './table.ts'

/** Longest wait for the count, in milliseconds, and how long nothing is counted after one that failed. */
const answerMsMax = 250
const pauseMsMax = 5_000
/** Callers that one process remembers; a forgotten one is counted on, but what was taken ahead for it is lost. */
const accountsMax = 1_000
/** How long a minute's count is kept, in seconds. */
const keptSecondsMax = 300
/** What is taken ahead, by what was used: of the limit at most, and only until so much of it is gone. */
const aheadShare = 0.25
const aheadOfLimitMax = 0.1
const aheadUntil = 0.75

export interface RateOptions {
  perMinuteMax: number
  /** Waits; a test may give another. */
  wait?: (ms: number) => Promise<void>
}

/** What this process knows of a caller in one minute. */
interface Account {
  who: string
  minute: number
  /** Taken from the table and not used yet. */
  ahead: number
  used: number
  /** Taken by everybody, as last heard. */
  total: number
  waiting: number
  /** Says in the end whether it could be counted. */
  counting: Promise<boolean> | null
  pausedUntil: number
}

/**
 * Counts requests in one row for each caller and minute. A process takes a few ahead for a caller that asks much, in one small
 * write; what it took is counted whether it is used or not, so that no more than the limit is let through in a minute of the
 * clock, however many processes there are. Where the row does not answer at once the request is let through uncounted.
 */
export function rateLimiter(
  store: Store,
  ports: Needs<'clock' | 'log'>,
  { perMinuteMax, wait = (ms) => delay(ms, undefined, { ref: false }) }: RateOptions,
): RateLimiter {
  const accounts = new Map<string, Account>()

  const accountOf = (who: string, minute: number): Account => {
    const known = accounts.get(who)
    if (known?.minute === minute) return known
    accounts.delete(who)
    for (const oldest of accounts.keys()) if (accounts.size >= accountsMax) accounts.delete(oldest)
    const opened = { who, minute, ahead: 0, used: 0, total: 0, waiting: 0, counting: null, pausedUntil: 0 }
    accounts.set(who, opened)
    return opened
  }

  const add = async (account: Account): Promise<boolean> => {
    const size = sizeOf(account, perMinuteMax)
    const row = { ...keys.rate(digestOf(account.who), account.minute), ttl: account.minute * 60 + keptSecondsMax }
    const { count = 0 } = await store.add(row, { count: size })
    account.total = count
    account.ahead += Math.max(0, Math.min(size, perMinuteMax - (count - size)))
    return true
  }

  const count = async (account: Account): Promise<boolean> => {
    const counted = add(account).catch((error: unknown) => {
      ports.log.warn('rate.uncounted', { error })
      return false
    })
    const isCounted = await Promise.race([counted, wait(answerMsMax).then(() => false)])
    if (!isCounted) account.pausedUntil = ports.clock.now().getTime() + pauseMsMax
    account.counting = null
    return isCounted
  }

  return {
    async take(who) {
      const now = ports.clock.now().getTime()
      const account = accountOf(who, Math.floor(now / 60_000))
      while (account.ahead === 0 && account.total < perMinuteMax) {
        if (now < account.pausedUntil) return null
        account.waiting += 1
        account.counting ??= count(account)
        const isCounted = await account.counting.finally(() => {
          account.waiting -= 1
        })
        if (!isCounted) return null
      }
      const isExceeded = account.ahead === 0
      if (!isExceeded) {
        account.ahead -= 1
        account.used += 1
      }
      return shareOf(account, isExceeded, now, perMinuteMax)
    },
  }
}

/** How many are taken at once: those that wait, and of who asks much a few ahead, until the limit comes near. */
function sizeOf({ waiting, used, total }: Account, limit: number): number {
  const ahead = total > limit * aheadUntil ? 0 : Math.floor(Math.min(used * aheadShare, limit * aheadOfLimitMax))
  return Math.max(1, waiting) + ahead
}

const shareOf = ({ ahead, total, minute }: Account, isExceeded: boolean, now: number, limit: number): Share => ({
  limit,
  left: Math.max(0, limit - total) + ahead,
  resetSeconds: Math.max(1, Math.ceil(((minute + 1) * 60_000 - now) / 1000)),
  isExceeded,
})

/** Names of people and addresses need not stand in the table. */
const digestOf = (who: string): string => createHash('sha256').update(who).digest('base64url')
