import { isDeepStrictEqual } from 'node:util'
import type { Caller } from '../caller.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { Warning } from '../warning.ts'
import { findVisible, requireOwner, requireVersion } from './own-policy.ts'
import { type PinnedCode, pinCode } from './pin-code.ts'
import { mutableFields, type Policy, type PolicyChange, type PolicyUri } from './policy.ts'
import { readGivenCode } from './policy-code.ts'
import type { StoredPolicy } from './policy-store.ts'
import { requireSmall } from './register-policy.ts'

/**
 * Changes description, metadata, tags, default settings and default parameters; supplies code while none is pinned
 * (spec/decisions.md 18). Repeating what is stored, the whole entry for example, is no change.
 * @throws {GridError} `policy.immutable` naming the fields, `policy.not_found`, `policy.changed`, `precondition.failed`,
 *   `auth.forbidden`, `request.too_large`, and what `pinCode` throws
 */
export async function updatePolicy(
  ports: Needs<'policies' | 'engine' | 'codeFetcher' | 'trail'>,
  request: { uri: PolicyUri; change: PolicyChange; ifMatch: number | null; caller: Caller; requestId: string | null },
): Promise<StoredPolicy & { warnings: Warning[] }> {
  const { policy: before, version } = await findVisible(ports, request.uri, request.caller)
  requireOwner(request.caller, before.cluster_id)
  ports.trail.about(before.cluster_id)
  requireVersion({ version }, request.ifMatch)
  refuseImmutable(before, request.change)

  const pinned = await newCode(ports, before, request.change.code)
  const code = pinned ? { code: pinned.shown, code_digest: pinned.code?.digest ?? null } : {}
  const after: Policy = { ...before, ...pick(request.change), ...code }
  requireSmall(after)

  const stored = await ports.policies.replace(after, pinned?.code ?? null, version)
  ports.trail.note({ subject: `policy ${request.uri}`, before, after })
  return { ...stored, warnings: pinned?.warnings ?? [] }
}

/** Computed by the system, so whatever an entry says of them is ignored, as the original does with the URI. */
const computed: ReadonlySet<string> = new Set(['policy_rule_uri', 'code_digest', 'code'])

function refuseImmutable(before: Policy, change: PolicyChange): void {
  const fields = Object.entries(change)
    .filter(
      ([name, value]) => !mutableFields.has(name) && !computed.has(name) && !isDeepStrictEqual(before[name], value),
    )
    .map(([name]) => name)
  if (fields.length > 0) throw immutable(before, fields)
}

const pick = (change: PolicyChange): Partial<Policy> =>
  Object.fromEntries(Object.entries(change).filter(([name]) => mutableFields.has(name)))

/** The code to pin, or null when it stays as it is. */
async function newCode(
  ports: Needs<'engine' | 'codeFetcher'>,
  before: Policy,
  text: string | undefined,
): Promise<PinnedCode | null> {
  if (text === undefined || (text === before.code && before.code_digest !== null)) return null
  if (before.code_digest === null) return pinCode(ports, text)
  const given = readGivenCode(text)
  if (given.kind === 'pinned' && given.code.digest === before.code_digest) return null
  throw immutable(before, ['code'])
}

const immutable = (policy: Policy, fields: string[]): GridError =>
  new GridError(
    'policy.immutable',
    `${fields.slice(0, 20).join(', ')} of ${policy.policy_rule_uri} cannot be changed; publish a new version`,
    { details: { fields: fields.slice(0, 20) } },
  )
