import { GridError } from '@gridgate/core/errors'
import { JsonObject } from '@gridgate/core/json'
import { sha256 } from '@gridgate/http/sha256'
import { gatewayName, type VerifiedCall, verifyCall, verifyKeys } from '@gridgate/http/signed-call'
import { z } from 'zod'
import type { IdentityStore } from '../identity/identity-store.ts'

/** Keys are read anew at most this often, in milliseconds, when a call names one that is not known. */
const readMsMin = 5000
/** Calls that are remembered until they expire by themselves. */
const callsMax = 50_000

const KeySet = z.object({ keys: z.array(JsonObject).max(4) })

/** What a controller believes of its gateway: whose calls it takes, each once. */
export interface GatewayTrust {
  /** @throws {GridError} `auth.invalid` for a call that is not the gateway's, not for this cluster, not of now, or not new */
  accept(token: string, at: Date): Promise<VerifiedCall>
  /** Takes new keys from statements, when a key that is believed signed one of them. */
  learn(statements: readonly string[], at: Date): Promise<void>
}

export interface TrustOptions {
  clusterId: string
  /** The configured keys, as the text of a JWK set (RFC 7517); asked anew, because a mounted file changes. */
  configured: () => string | null
  /** Where learnt keys are kept; null where nothing is kept. */
  store: () => IdentityStore | null
  startedAt: Date
}

/** Starts with the configured keys; what the gateway then tells under a known key replaces them until others are configured. */
export function gatewayTrust({ clusterId, configured, store, startedAt }: TrustOptions): GatewayTrust {
  let keys: JsonObject[] = []
  let readAt = Number.NEGATIVE_INFINITY
  const seen = new Map<string, number>()

  const read = async (): Promise<void> => {
    const text = configured()
    const kept = await store()?.read()
    const isNewer = kept !== undefined && kept.gatewayKeys.length > 0 && kept.configured === sha256(text ?? '')
    keys = isNewer ? kept.gatewayKeys : text === null ? [] : KeySet.parse(JSON.parse(text)).keys
  }
  const verified = async (token: string, at: Date): Promise<VerifiedCall> => {
    const verify = () => verifyCall(token, { keys, audience: clusterId, at })
    return verify().catch(async (error: unknown) => {
      if (at.getTime() - readAt < readMsMin) throw error
      readAt = at.getTime()
      await read()
      return verify()
    })
  }
  return {
    async accept(token, at) {
      const call = await verified(token, at)
      if (call.issuer !== gatewayName) throw refused('it is not the gateway that speaks')
      // What was taken before the start is not remembered, so nothing from before it is taken.
      if (call.issuedAt < startedAt) throw refused('it was made before this controller started')
      remember(seen, call, at)
      return call
    },
    async learn(statements, at) {
      if (keys.length === 0) await read()
      for (const statement of statements) {
        const told = await verifyKeys(statement, { keys, audience: clusterId, at }).catch(() => null)
        const known = KeySet.safeParse(told)
        if (!known.success || known.data.keys.length === 0) continue
        if (JSON.stringify(known.data.keys) === JSON.stringify(keys)) return
        keys = known.data.keys
        const learnt = { gatewayKeys: keys, configured: sha256(configured() ?? '') }
        await store()?.change((kept) => ({ ...kept, ...learnt }))
        return
      }
    },
  }
}

function remember(seen: Map<string, number>, call: VerifiedCall, at: Date): void {
  if (seen.has(call.id)) throw refused('it was used before')
  // Insertion order is nearly that of expiry: the oldest go first.
  for (const [id, until] of seen) {
    if (until > at.getTime()) break
    seen.delete(id)
  }
  if (seen.size >= callsMax)
    throw new GridError('service.unavailable', 'too many calls at once', { retryAfterSeconds: 5 })
  seen.set(call.id, call.goodUntil.getTime())
}

const refused = (why: string): GridError => new GridError('auth.invalid', `the signed call is refused: ${why}`)
