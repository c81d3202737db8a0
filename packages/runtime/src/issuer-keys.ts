import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { JWTVerifyGetKey } from 'jose'
import { z } from 'zod'

/** Keys are fetched anew after so long, and used for so long when that fails, in seconds. */
const freshSecondsMax = 600
const staleSecondsMax = 3600
/** Shortest time between two fetches because of a key that is not known, and after one that failed, in seconds. */
const cooldownSecondsMax = 30
const failedSecondsMax = 5
/** Largest document of an issuer, in bytes; longest wait for one, in milliseconds; most keys in a set. */
const documentBytesMax = 64 * 1024
const answerMsMax = 5_000
const keysMax = 100

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string().max(2048) })
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(keysMax) })

export interface IssuerOptions {
  issuer: string
  /** Where the keys are; null finds it by discovery (OpenID Connect Discovery 1.0 §4). */
  jwksUrl: string | null
}

interface Fetched {
  find: JWTVerifyGetKey
  at: number
}

type Send = Pick<RemoteClient, 'send'>

/**
 * The public keys of an issuer of tokens. They are kept for a while, fetched once for all who wait, and asked for again when a
 * token names a key that is not among them, though not often: anybody can name one.
 * @returns for jose; throws `service.unavailable` where the issuer cannot be asked and nothing is known of it
 */
export function issuerKeys(options: IssuerOptions, ports: Needs<'clock' | 'log'>, client: Send): JWTVerifyGetKey {
  let known: Fetched | null = null
  let failedAt = Number.NEGATIVE_INFINITY
  let fetching: Promise<Fetched> | null = null
  const seconds = (): number => ports.clock.now().getTime() / 1000

  const fetchOnce = (): Promise<Fetched> => {
    fetching ??= fetchKeys(options, client)
      .then((find) => {
        known = { find, at: seconds() }
        return known
      })
      .catch((error: unknown) => {
        failedAt = seconds()
        ports.log.warn('issuer.unreachable', { error })
        throw unavailable()
      })
      .finally(() => {
        fetching = null
      })
    return fetching
  }

  const current = async (): Promise<Fetched> => {
    const age = known ? seconds() - known.at : Number.POSITIVE_INFINITY
    if (known && age < freshSecondsMax) return known
    const last = known && age < staleSecondsMax ? known : null
    if (seconds() - failedAt >= failedSecondsMax) return last ? fetchOnce().catch(() => last) : fetchOnce()
    if (last) return last
    throw unavailable()
  }

  return async (header, token) => {
    const { errors } = await import('jose')
    const keys = await current()
    try {
      return await keys.find(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || seconds() - keys.at < cooldownSecondsMax) throw error
      if (seconds() - failedAt < cooldownSecondsMax) throw error
      const again = await fetchOnce()
      return again.find(header, token)
    }
  }
}

async function fetchKeys({ issuer, jwksUrl }: IssuerOptions, client: Send): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet } = await import('jose')
  return createLocalJWKSet(KeySet.parse(await fetchJson(jwksUrl ?? (await discover(issuer, client)), client)))
}

/** @throws {Error} where the document is another issuer's */
async function discover(issuer: string, client: Send): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const found = Discovery.parse(await fetchJson(url, client))
  if (found.issuer === issuer) return found.jwks_uri
  throw new Error('the discovery document is that of another issuer')
}

async function fetchJson(url: string, client: Send): Promise<unknown> {
  const schemes = isLoopback(url) ? ['https:', 'http:'] : ['https:']
  const { status, bytes } = await client.send({ url, schemes, bytesMax: documentBytesMax, timeoutMsMax: answerMsMax })
  if (status !== 200) throw new Error(`${new URL(url).host} answered ${status}`)
  return JSON.parse(Buffer.from(bytes).toString('utf8'))
}

/** Only there plain http will do; that such an address may be called at all is the address guard's to say. */
export const isLoopback = (url: string): boolean =>
  /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(URL.parse(url)?.hostname ?? '')

const unavailable = (): GridError =>
  new GridError('service.unavailable', 'the keys of the issuer of tokens cannot be fetched', {
    retryAfterSeconds: failedSecondsMax,
  })
