import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isTree, type KubeObject, textAt } from '../object.ts'
import type { Store } from '../store.ts'

/** Who sends a request. */
export interface User {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

interface Secrets {
  adminToken: string
  /** PEM, PKCS #8, EC P-256. */
  signingKey: string
}

const fileName = 'tokens.json'
const issuer = 'https://kubernetes.default.svc.cluster.local'
const tokenSecondsMin = 600
const tokenSecondsMax = 2 ** 32
/** How long a token lives when the request does not say. */
const tokenSecondsDefault = 3600

/** Issues and checks bearer tokens: the admin's, and those of ServiceAccounts (signed JWTs, bound to the account's uid). */
export class Tokens {
  readonly adminToken: string
  readonly #key: ReturnType<typeof createPrivateKey>

  /** Reads the secrets of a folder; made on first use, readable by their owner only. */
  constructor(folder: string) {
    const path = join(folder, fileName)
    const secrets = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Secrets) : makeSecrets(path)
    this.adminToken = secrets.adminToken
    this.#key = createPrivateKey(secrets.signingKey)
  }

  /** A token of a ServiceAccount, and when it ends (milliseconds since 1970). */
  issue(
    account: KubeObject,
    now: number,
    secondsWished?: number,
    audiences?: readonly string[],
  ): { token: string; endsAt: number } {
    const seconds = Math.min(Math.max(secondsWished ?? tokenSecondsDefault, tokenSecondsMin), tokenSecondsMax)
    const issuedAt = Math.floor(now / 1000)
    const { namespace = '', name, uid } = account.metadata
    const claims = {
      aud: audiences && audiences.length > 0 ? audiences : [issuer],
      exp: issuedAt + seconds,
      iat: issuedAt,
      nbf: issuedAt,
      iss: issuer,
      jti: randomUUID(),
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
      sub: `system:serviceaccount:${namespace}:${name}`,
    }
    const signed = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`
    const signature = sign('sha256', Buffer.from(signed), { key: this.#key, dsaEncoding: 'ieee-p1363' })
    return { token: `${signed}.${signature.toString('base64url')}`, endsAt: (issuedAt + seconds) * 1000 }
  }

  /** The user of a bearer token, or null when the token is not good (any more). */
  userOf(token: string, store: Store, now: number): User | null {
    if (isSame(token, this.adminToken))
      return { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }
    if (bootstrapPattern.test(token)) return bootstrapUser(token, store, now)
    const [head = '', body = '', signature = ''] = token.split('.')
    const good = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey(this.#key), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    )
    return good ? accountUser(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')), store, now) : null
  }
}

function accountUser(claims: unknown, store: Store, now: number): User | null {
  if (!isTree(claims) || Number(claims.exp) * 1000 <= now) return null
  // Tokens for other audiences are not for this server.
  if (!Array.isArray(claims.aud) || !claims.aud.includes(issuer)) return null
  const namespace = textAt(claims, 'kubernetes.io', 'namespace')
  const name = textAt(claims, 'kubernetes.io', 'serviceaccount', 'name')
  const uid = textAt(claims, 'kubernetes.io', 'serviceaccount', 'uid')
  const account = store.get('serviceaccounts', namespace, name)
  if (!account || account.metadata.uid !== uid || account.metadata.deletionTimestamp) return null
  return {
    name: textAt(claims, 'sub'),
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${textAt(claims, 'jti')}`] },
  }
}

/** `<id>.<secret>`, by which machines join (Kubernetes documentation, "Authenticating with Bootstrap Tokens"). */
const bootstrapPattern = /^[a-z0-9]{6}\.[a-z0-9]{16}$/
/** A token may not hand out other groups: who may write Secrets must not become an administrator. */
const bootstrapGroupPattern = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/

function bootstrapUser(token: string, store: Store, now: number): User | null {
  const [id = '', secret = ''] = token.split('.')
  const stored = store.get('secrets', 'kube-system', `bootstrap-token-${id}`)
  const text = (name: string): string => Buffer.from(textAt(stored, 'data', name), 'base64').toString('utf8')
  if (!stored || stored.metadata.deletionTimestamp || textAt(stored, 'type') !== 'bootstrap.kubernetes.io/token')
    return null
  if (text('token-id') !== id || !isSame(text('token-secret'), secret)) return null
  const expiration = text('expiration')
  if (expiration !== '' && !(Date.parse(expiration) > now)) return null
  if (text('usage-bootstrap-authentication') !== 'true') return null
  const extra = text('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  if (!extra.every((group) => bootstrapGroupPattern.test(group))) return null
  return { name: `system:bootstrap:${id}`, groups: ['system:bootstrappers', ...extra, 'system:authenticated'] }
}

function makeSecrets(path: string): Secrets {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signingKey = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const secrets = { adminToken: randomBytes(24).toString('base64url'), signingKey }
  writeFileSync(`${path}.new`, JSON.stringify(secrets), { mode: 0o600 })
  renameSync(`${path}.new`, path)
  return secrets
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
