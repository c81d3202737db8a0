import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { Role, scopeProblem } from '../caller.ts'
import { ClusterId } from '../cluster/cluster.ts'
import type { Needs } from '../ports.ts'
import type { StoredKey } from './key-store.ts'

/** Most keys of the network, and most clusters that one names. */
export const keysMax = 1000
export const keyClustersMax = 100
/** A key that expires does so within so many years. */
export const expiryYearsMax = 5

/** Bytes of the secret part; its text is longer. */
const secretBytes = 32
const keyPattern = /^gg_[0-9a-f]{12}_[\w-]{43}$/

const Scope = z.union([z.literal('*'), z.array(ClusterId).min(1).max(keyClustersMax)], {
  error: `must be "*" or a list of 1 to ${keyClustersMax} cluster ids`,
})

/** What a key is made from (spec/decisions.md 43). */
export const NewApiKey = z
  .strictObject({
    name: z.string().min(1).max(100),
    role: Role,
    clusters: Scope.optional().describe('cluster ids or "*"; needed for cluster-manager and service, else "*"'),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .default(null)
      .describe(`ISO 8601, at most ${expiryYearsMax} years ahead; never without it`),
  })
  .superRefine(({ role, clusters }, context) => {
    const needsClusters = role === 'cluster-manager' || role === 'service'
    const missing = clusters === undefined && needsClusters ? `is needed for the role ${role}` : null
    const message = missing ?? scopeProblem({ role, clusters: clusters ?? '*' })
    if (message !== null) context.addIssue({ code: 'custom', path: ['clusters'], message })
  })
export type NewApiKey = z.infer<typeof NewApiKey>

/** A key as it is told; the key itself is shown once. */
export const ApiKey = z.object({
  key_id: z.string(),
  name: z.string(),
  role: Role,
  clusters: z.union([z.literal('*'), z.array(z.string())]),
  created_at: z.string().describe('ISO 8601'),
  expires_at: z.string().nullable().describe('ISO 8601'),
})
export type ApiKey = z.infer<typeof ApiKey>

/** What is told of a stored key: never its hash. */
export const shownKey = ({ keyId, name, role, clusters, createdAt, expiresAt }: StoredKey): ApiKey => ({
  ...{ key_id: keyId, name, role, clusters: clusters === '*' ? '*' : [...clusters] },
  ...{ created_at: createdAt, expires_at: expiresAt },
})

/** Claims that a key is no longer good. */
export const hasExpired = ({ expiresAt }: Pick<StoredKey, 'expiresAt'>, now: Date): boolean =>
  expiresAt !== null && Date.parse(expiresAt) <= now.getTime()

/** A text that somebody else wrote, without what looks like a key of ours or a webhook's secret in it. */
export const withoutCredentials = (text: string): string =>
  text.replaceAll(/(gg_[0-9a-f]{12}_|whsec_)[\w%+/=-]+/g, '$1…')

/** A new key as it is shown, once: `gg_<id>_<secret>`. Only its hash is kept (spec/decisions.md 43). */
export async function createApiKey(
  ports: Needs<'keys' | 'clock'>,
  wanted: Pick<StoredKey, 'name' | 'role' | 'clusters' | 'expiresAt'>,
): Promise<{ key: string; stored: StoredKey }> {
  const keyId = randomBytes(6).toString('hex')
  const key = `gg_${keyId}_${randomBytes(secretBytes).toString('base64url')}`
  const stored = { keyId, hash: hashApiKey(key), createdAt: ports.clock.now().toISOString(), ...wanted }
  await ports.keys.create(stored)
  return { key, stored }
}

/** A key has 256 random bits, so a plain digest is enough to keep it by. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex')

/** Claims that a text looks like a key of ours, so that nothing is looked up for what cannot be one. */
export const isApiKey = (text: string): boolean => keyPattern.test(text)

/** The key in an Authorization header: as bearer token, or as HTTP Basic password for old clients (spec/decisions.md 27). */
export function keyFromHeader(authorization: string): string | null {
  const [scheme = '', value = '', ...more] = authorization.trim().split(/\s+/)
  if (more.length > 0) return null
  if (scheme.toLowerCase() === 'bearer') return value || null
  if (scheme.toLowerCase() !== 'basic') return null
  const [, ...password] = Buffer.from(value, 'base64').toString('utf8').split(':')
  return password.join(':') || null
}
