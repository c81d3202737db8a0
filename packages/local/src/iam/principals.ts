import { createHmac } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import type { PolicyDocument, Statement } from '@gridgate/runtime/rights'
import { AwsError } from '../aws/service.ts'
import type { LocalKey } from '../aws/signature.ts'
import { allowing, type Need, rightsUsed } from './evaluate.ts'
import { type Account, type Call, needsOf } from './needs.ts'

/** Who calls: a function, or null for the owner of the account, who may do everything. */
export interface Principal {
  functionName: string | null
  key: LocalKey
}

/** The keys of the embedded cloud, and what each may do. */
export interface Principals {
  /** The key that a function signs with. */
  keyOf(functionName: string): LocalKey
  /** Whose key it is, or null for nobody's. */
  find(accessKeyId: string): Principal | null
  /** @throws {AwsError} AccessDeniedException when the function's policy does not allow all that the call needs */
  authorize(principal: Principal, call: Call): void
}

export interface PrincipalOptions extends Account {
  /** The owner's key; those of functions are derived from it. */
  owner: LocalKey
  policies: ReadonlyMap<string, PolicyDocument>
  /** File that a line is added to for each right when it is first used (`GRIDGATE_RIGHTS_FILE`). */
  usedFile?: string | undefined
}

/** Each function signs as itself: its key names it, and its policy is evaluated for each of its calls. */
export function openPrincipals({ owner, policies, usedFile, ...account }: PrincipalOptions): Principals {
  const keyOf = (functionName: string): LocalKey => ({
    accessKeyId: `${owner.accessKeyId}-${functionName}`,
    secretAccessKey: createHmac('sha256', owner.secretAccessKey).update(functionName).digest('base64url'),
  })
  const used = new Set<string>()
  const note = (functionName: string, needed: Need, statement: Statement): void => {
    if (usedFile === undefined) return
    for (const { action, resource, key } of rightsUsed(statement, needed)) {
      const line = JSON.stringify([functionName, action, resource, key])
      if (used.has(line)) continue
      used.add(line)
      // One write in append mode: several processes may have the same file.
      appendFileSync(usedFile, `${line}\n`)
    }
  }
  return {
    keyOf,
    find(accessKeyId) {
      if (accessKeyId === owner.accessKeyId) return { functionName: null, key: owner }
      const functionName = accessKeyId.startsWith(`${owner.accessKeyId}-`)
        ? accessKeyId.slice(owner.accessKeyId.length + 1)
        : ''
      return policies.has(functionName) ? { functionName, key: keyOf(functionName) } : null
    },
    authorize({ functionName }, call) {
      if (functionName === null) return
      const policy = policies.get(functionName)
      for (const needed of needsOf(call, account)) {
        const statement = policy && allowing(policy, needed)
        if (!statement) throw denied(functionName, needed)
        note(functionName, needed, statement)
      }
    },
  }
}

/** The words of AWS ("Troubleshoot access denied error messages", IAM User Guide). */
const denied = (functionName: string, { action, resource, context }: Need): AwsError => {
  const keys = (context['dynamodb:LeadingKeys'] ?? []).map((key) => key.replace(/#.*/, '#…')).join(' ')
  return new AwsError(
    'AccessDeniedException',
    `User: ${functionName} is not authorized to perform: ${action} on resource: ${resource}${keys && ` (${keys})`} because no identity-based policy allows the ${action} action`,
  )
}
