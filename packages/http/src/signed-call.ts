import { GridError } from '@gridgate/core/errors'
import type { JsonObject } from '@gridgate/core/json'
import { CompactSign, decodeJwt, importJWK, type JWK, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import { sha256 } from './sha256.ts'

/** How long a signed call is good for, in seconds (spec/decisions.md 9). */
export const callSecondsMax = 60
/** How far the two clocks may differ, in seconds. */
export const clockSkewSecondsMax = 30
/** The gateway as issuer and audience; a controller is its cluster's id. */
export const gatewayName = 'gridgate'

/** What is signed: a text of one kind is never taken for another. */
const types = { call: 'gridgate-call+jwt', keys: 'gridgate-keys+jwt' } as const
type Kind = keyof typeof types

/** What a call is good for. */
export interface CallFacts {
  issuer: string
  audience: string
  method: string
  /** Path with query, from the root of what is called. */
  path: string
  body: string
  at: Date
  /** Unique for each call. */
  id: string
}

/** The claims of a signed call: RFC 7519, and method, path and SHA-256 (hex) of the body as `m`, `p` and `b`. */
export function callClaims({ issuer, audience, method, path, body, at, id }: CallFacts): JsonObject {
  // Broken seconds: a receiver that just started tells calls from before its start apart.
  const issuedAt = at.getTime() / 1000
  return {
    iss: issuer,
    aud: audience,
    iat: issuedAt,
    exp: issuedAt + callSecondsMax,
    jti: id,
    m: method,
    p: path,
    b: sha256(body),
  }
}

/** An Ed25519 key with its private part, as a JWK (RFC 8037) with a name. */
export const PrivateKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
  kid: z.string(),
})
export type PrivateKey = z.infer<typeof PrivateKey>

/** A compact JWS over the claims (EdDSA, RFC 8037). @param key private, as a JWK with `kid` */
export async function signWith(key: JWK, kind: Kind, claims: JsonObject): Promise<string> {
  const header = { alg: 'EdDSA', kid: key.kid ?? '', typ: types[kind] }
  return new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader(header)
    .sign(await importJWK(key, 'EdDSA'))
}

/** A signed call whose signature, audience and age were checked. */
export interface VerifiedCall {
  issuer: string
  id: string
  method: string
  path: string
  bodySha256: string
  issuedAt: Date
  /** When a repetition of it would be refused by its age alone. */
  goodUntil: Date
}

const Claims = z.object({
  iss: z.string().max(64),
  iat: z.number(),
  exp: z.number(),
  jti: z.string().min(16).max(64),
  m: z.string().max(16),
  p: z.string().max(8192),
  b: z.string().length(64),
})

export interface Expectation {
  /** Public keys (JWK) of who may have signed. */
  keys: readonly JsonObject[]
  audience: string
  at: Date
}

/**
 * Checks a signed call. Which method, path and body it must be for is the caller's to compare.
 * @throws {GridError} `auth.invalid` with the reason in one clause, never the token
 */
export async function verifyCall(token: string, expected: Expectation): Promise<VerifiedCall> {
  const claims = Claims.safeParse(await verify(token, 'call', expected))
  if (!claims.success) throw refused('it does not say what it is for')
  const { iss, iat, exp, jti, m, p, b } = claims.data
  if (exp - iat > callSecondsMax + 1) throw refused('it is good for too long')
  const seconds = (value: number): Date => new Date(value * 1000)
  return {
    issuer: iss,
    id: jti,
    method: m,
    path: p,
    bodySha256: b,
    issuedAt: seconds(iat),
    goodUntil: seconds(exp + clockSkewSecondsMax),
  }
}

/** Checks a signed statement of keys. @throws {GridError} `auth.invalid` */
export async function verifyKeys(token: string, expected: Expectation): Promise<JWTPayload> {
  return verify(token, 'keys', expected)
}

async function verify(token: string, kind: Kind, { keys, audience, at }: Expectation): Promise<JWTPayload> {
  const kid = keyIdOf(token)
  const key = keys.find((one) => one.kid === kid)
  if (!key) throw refused('its key is not known')
  try {
    const { payload } = await jwtVerify(token, await importJWK(key as JWK, 'EdDSA'), {
      algorithms: ['EdDSA'],
      typ: types[kind],
      audience,
      currentDate: at,
      clockTolerance: clockSkewSecondsMax,
      maxTokenAge: callSecondsMax,
      requiredClaims: ['iss', 'exp', 'iat', 'aud'],
    })
    return payload
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    throw refused(reasons[code] ?? 'it is not valid')
  }
}

const reasons: Record<string, string> = {
  ERR_JWT_EXPIRED: 'it has expired',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
  ERR_JWT_CLAIM_VALIDATION_FAILED: 'it is for somebody else or of another time',
}

/** The issuer that a token names, before anything of it is believed; null for what is no token. */
export function issuerOf(token: string): string | null {
  try {
    return decodeJwt(token).iss ?? null
  } catch {
    return null
  }
}

function keyIdOf(token: string): string | null {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8'))
    return z.object({ kid: z.string().min(1) }).parse(header).kid
  } catch {
    return null
  }
}

const refused = (why: string): GridError => new GridError('auth.invalid', `the signed call is refused: ${why}`)
