import { GridError } from '@gridgate/core/errors'
import { type JWTHeaderParameters, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'

/** How far the issuer's clock may be from ours, in seconds. */
export const tokenSkewSecondsMax = 60

/** Signatures that are believed (RFC 8725 §3.1): none by a shared secret, and never "none". */
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA']

/** Types of access tokens (RFC 9068 §2.1), and what issuers write that know no such type. */
const types: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt', 'jwt', ''])
/** What only ID tokens hold (OpenID Connect Core §2, §3.3.2.11): they tell a client who logged in, and are for nobody else. */
const idTokenClaims = ['nonce', 'at_hash', 'c_hash']

/** Whose tokens are good here, and for whom they must be made. */
export interface TokenExpectation {
  issuer: string
  audience: string
  /** Clients that tokens may be issued to; all while it is empty. */
  clients: readonly string[]
  keys: JWTVerifyGetKey
  at: Date
}

/** Claims that are looked at beside those that jose checks. */
const Claims = z.looseObject({
  sub: z.string().regex(/^[^\p{Cc}]{1,255}$/u),
  azp: z.string().optional(),
  client_id: z.string().optional(),
})
export type TokenClaims = z.infer<typeof Claims>

/**
 * Checks an access token in JWT form (RFC 9068, RFC 8725).
 * @returns its claims
 * @throws {GridError} `auth.invalid` with the reason in one clause, never the token; what `keys` throws that is a GridError
 */
export async function verifyAccessToken(token: string, expected: TokenExpectation): Promise<TokenClaims> {
  const { payload, protectedHeader } = await verified(token, expected)
  requireAccessToken(protectedHeader, payload)
  if (payload.iat !== undefined && payload.iat > expected.at.getTime() / 1000 + tokenSkewSecondsMax)
    throw refused('it was issued in the future')
  const claims = Claims.safeParse(payload)
  if (!claims.success) throw refused('it does not say who its bearer is')
  requireClient(claims.data, expected.clients)
  return claims.data
}

async function verified(token: string, { issuer, audience, keys, at }: TokenExpectation) {
  try {
    return await jwtVerify(token, keys, {
      ...{ algorithms, issuer, audience, currentDate: at, clockTolerance: tokenSkewSecondsMax },
      requiredClaims: ['exp', 'sub'],
    })
  } catch (error) {
    if (error instanceof GridError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw refused(reasons[code] ?? 'it is not valid')
  }
}

const reasons: Record<string, string> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'it is for another audience or another time, or says too little',
  ERR_JOSE_ALG_NOT_ALLOWED: `its algorithm is none of ${algorithms.join(', ')}`,
  ERR_JWKS_NO_MATCHING_KEY: 'its key is none of the issuer',
}

/** A token of another kind is not taken for an access token (RFC 8725 §3.11). */
function requireAccessToken({ typ = '' }: JWTHeaderParameters, payload: JWTPayload): void {
  if (!types.has(typ.toLowerCase())) throw refused('its type is not that of an access token')
  if (idTokenClaims.some((name) => payload[name] !== undefined)) throw refused('it is an ID token, not an access token')
}

/** The client that it was issued to: `client_id` (RFC 9068 §2.2), or `azp` of issuers that know no other. */
function requireClient({ azp, client_id, aud }: TokenClaims, clients: readonly string[]): void {
  const client = client_id ?? azp
  if (client_id !== undefined && azp !== undefined && client_id !== azp) throw refused('it names two clients')
  if (client === undefined && Array.isArray(aud) && aud.length > 1)
    throw refused('it has several audiences and does not say which client it was issued to')
  if (clients.length > 0 && (client === undefined || !clients.includes(client)))
    throw refused('it was issued to another client')
}

const refused = (why: string): GridError => new GridError('auth.invalid', `the token is refused: ${why}`)
