import { randomInt } from 'node:crypto'
import { GridError } from '@gridgate/core/errors'
import { z } from 'zod'
import type { KubeClient } from './client.ts'
import { bootstrapSecretName, bootstrapTokenIds } from './components/names.ts'
import { type KubernetesObject, member, parsedJson } from './object.ts'
import { ownerLabels } from './ownership.ts'

/** Who uses a token, and until when: `{"<task id>": "<ISO 8601>"}`. */
const joinsAnnotation = 'gridgate.io/joins'
const namespace = 'kube-system'
const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'
const secretCharacters = 16

/** Longest time that one join may hold a token, in seconds. */
export const joinSecondsMax = 3600
/** Longest life of a token, in seconds, however many joins come to share it. */
const tokenSecondsMax = 2 * joinSecondsMax
/** Most joins that share one token, so that its annotation stays small. */
const joinsPerTokenMax = 64

/** What a machine shows to the API server when it joins: `<id>.<secret>`. It is a secret. */
export interface BootstrapToken {
  readonly token: string
  readonly expiresAt: Date
}

export interface BootstrapTokens {
  /**
   * A token for one join; the same one when it is asked for again.
   * @throws {GridError} `node.tokens_exhausted` when 512 joins are under way
   */
  issue(join: { taskId: string; seconds: number }, now: Date): Promise<BootstrapToken>
  /** The join has ended: its token goes with the last join that used it. False when it had none. */
  end(taskId: string, now: Date): Promise<boolean>
}

/** One of the fixed ids, as it is stored. */
interface Slot {
  readonly id: string
  readonly secret: string
  readonly uid: string
  readonly madeAt: Date
  readonly expiresAt: Date
  readonly joins: ReadonlyMap<string, Date>
}

/**
 * Short-lived bootstrap tokens in secrets of fixed names, so that the controller's rights name each secret.
 *
 * A join gets a token of its own while one of the eight ids is free: it is revoked when the join ends, which is as close to
 * single use as Kubernetes' tokens come. When none is free it shares the token that the fewest joins use. That gives nobody
 * more than they have: all tokens carry the same rights (to ask for a certificate of a node), none is bound to a machine, and
 * each join asked for was admitted. So that sharing never keeps one alive for good, a token ends two hours after it was made.
 *
 * One controller runs in a cluster (its Deployment is recreated, not rolled), and it makes one change after the other.
 */
export function bootstrapTokens(client: KubeClient, clusterId: string): BootstrapTokens {
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(change: () => Promise<T>): Promise<T> => {
    const done = last.then(change, change)
    last = done.catch(() => undefined)
    return done
  }
  return {
    issue: (join, now) => inTurn(() => issue(client, clusterId, join, now)),
    end: (taskId, now) => inTurn(() => end(client, clusterId, taskId, now)),
  }
}

async function issue(
  client: KubeClient,
  clusterId: string,
  { taskId, seconds }: { taskId: string; seconds: number },
  now: Date,
): Promise<BootstrapToken> {
  const live = (await readSlots(client)).map((slot) => withoutEnded(slot, now)).filter(({ joins }) => joins.size > 0)
  const own = live.find(({ joins }) => joins.has(taskId))
  if (own) return tokenOf(own)
  const until = new Date(now.getTime() + Math.min(seconds, joinSecondsMax) * 1000)
  const chosen = freshSlot(live, now) ?? sharedSlot(live, until)
  if (!chosen) {
    const firstEnd = Math.min(...live.map(({ expiresAt }) => expiresAt.getTime()))
    const retryAfterSeconds = Math.max(1, Math.ceil((firstEnd - now.getTime()) / 1000))
    throw new GridError('node.tokens_exhausted', 'too many nodes join at once', { retryAfterSeconds })
  }
  const expiresAt = until > chosen.expiresAt ? until : chosen.expiresAt
  const slot = { ...chosen, expiresAt, joins: new Map(chosen.joins).set(taskId, until) }
  await client.apply(secretOf(slot, clusterId), { force: true })
  return tokenOf(slot)
}

/** A free id with a new secret; an expired secret of that id is overwritten. */
function freshSlot(live: readonly Slot[], now: Date): Slot | undefined {
  const id = bootstrapTokenIds.find((one) => live.every((slot) => slot.id !== one))
  return id === undefined
    ? undefined
    : { id, secret: randomText(), uid: '', madeAt: now, expiresAt: now, joins: new Map() }
}

/** The token that the fewest joins use, of those that may live until then. */
function sharedSlot(live: readonly Slot[], until: Date): Slot | undefined {
  return live
    .filter(({ madeAt, joins }) => {
      const isYoung = until.getTime() <= madeAt.getTime() + tokenSecondsMax * 1000
      return isYoung && joins.size < joinsPerTokenMax
    })
    .toSorted((a, b) => a.joins.size - b.joins.size)[0]
}

async function end(client: KubeClient, clusterId: string, taskId: string, now: Date): Promise<boolean> {
  let found = false
  for (const stored of await readSlots(client)) {
    const { joins } = withoutEnded(stored, now)
    const left = new Map([...joins].filter(([id]) => id !== taskId))
    found ||= stored.joins.has(taskId)
    if (left.size === 0) await client.remove(referenceTo(stored.id), { uid: stored.uid })
    else if (left.size < stored.joins.size)
      await client.apply(secretOf({ ...stored, joins: left }, clusterId), { force: true })
  }
  return found
}

const withoutEnded = (slot: Slot, now: Date): Slot => ({
  ...slot,
  joins: slot.expiresAt > now ? new Map([...slot.joins].filter(([, until]) => until > now)) : new Map(),
})

const tokenOf = ({ id, secret, expiresAt }: Slot): BootstrapToken => ({ token: `${id}.${secret}`, expiresAt })

const referenceTo = (id: string) =>
  ({ apiVersion: 'v1', kind: 'Secret', namespace, name: bootstrapSecretName(id) }) as const

/** As kubeadm expects it (Kubernetes documentation, "Authenticating with Bootstrap Tokens"). */
function secretOf({ id, secret, madeAt, expiresAt, joins }: Slot, clusterId: string): KubernetesObject {
  const users = Object.fromEntries([...joins].map(([taskId, until]) => [taskId, until.toISOString()]))
  const data = {
    'token-id': id,
    'token-secret': secret,
    expiration: withoutFraction(expiresAt),
    description: 'Gridgate: joining nodes',
    'usage-bootstrap-authentication': 'true',
    'usage-bootstrap-signing': 'true',
    'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    'made-at': madeAt.toISOString(),
  }
  const annotations = { [joinsAnnotation]: JSON.stringify(users) }
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: bootstrapSecretName(id), namespace, labels: ownerLabels(clusterId), annotations },
    type: 'bootstrap.kubernetes.io/token',
    data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, base64(text)])),
  }
}

const Joins = z.record(z.string(), z.coerce.date())

async function readSlots(client: KubeClient): Promise<Slot[]> {
  const found = await Promise.all(bootstrapTokenIds.map((id) => client.get(referenceTo(id))))
  return found.flatMap((secret, index) => (secret ? [slotOf(secret, bootstrapTokenIds[index] ?? '')] : []))
}

/** What cannot be read counts as expired, so that it is replaced or removed. */
function slotOf(stored: KubernetesObject, id: string): Slot {
  const text = (name: string): string => {
    const value = member(stored, 'data', name)
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : ''
  }
  const at = (name: string): Date => new Date(Date.parse(text(name)) || 0)
  const joins = Joins.safeParse(parsedJson(stored.metadata.annotations?.[joinsAnnotation] ?? ''))
  return {
    id,
    secret: text('token-secret'),
    uid: stored.metadata.uid ?? '',
    madeAt: at('made-at'),
    expiresAt: at('expiration'),
    joins: new Map(joins.success ? Object.entries(joins.data) : []),
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Kubernetes reads RFC 3339; whole seconds keep `date` of a shell happy. */
const withoutFraction = (at: Date): string =>
  new Date(Math.ceil(at.getTime() / 1000) * 1000).toISOString().replace('.000', '')

const randomText = (): string =>
  Array.from({ length: secretCharacters }, () => alphabet[randomInt(alphabet.length)]).join('')
