import { type Caller, inScope } from '../caller.ts'
import { clusterNotFound } from '../cluster/read-cluster.ts'
import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { StoredRule } from './alarm-store.ts'
import type { FailoverRule, RuleName } from './failover-rule.ts'
import { allRules, rulesMax } from './list-rules.ts'

/** Who changes a rule. */
export interface RuleAsker {
  caller: Caller
}

type RulePorts = Needs<'failoverRules' | 'clusters' | 'trail'>

/** @throws {GridError} `auth.forbidden`, `cluster.not_found`, `rule.exists`, `rule.too_many` */
export async function createRule(ports: RulePorts, rule: FailoverRule, asker: RuleAsker): Promise<StoredRule> {
  await requireMay(ports, rule, asker.caller)
  const rules = await allRules(ports)
  if (rules.some(({ name }) => name === rule.name)) throw new GridError('rule.exists', `the rule ${rule.name} exists`)
  if (rules.length >= rulesMax) throw new GridError('rule.too_many', `there are ${rulesMax} rules; remove one first`)
  const stored = await ports.failoverRules.create(rule)
  note(ports, null, rule)
  return stored
}

/** A rule of a cluster in the caller's scope. @throws {GridError} `rule.not_found` */
export async function readRule(ports: Needs<'failoverRules'>, name: RuleName, caller: Caller): Promise<StoredRule> {
  const stored = await ports.failoverRules.find(name)
  if (!stored || !inScope(caller, stored.rule.cluster_id))
    throw new GridError('rule.not_found', `no failover rule ${name}`)
  return stored
}

/**
 * Puts a rule in the place of the one of its name.
 * @throws {GridError} `rule.not_found`, `rule.invalid` for another name, `auth.forbidden`, `cluster.not_found`,
 *   `precondition.failed`, `rule.changed`
 */
export async function updateRule(
  ports: RulePorts,
  { name, rule, ifMatch }: { name: RuleName; rule: FailoverRule; ifMatch: number | null },
  asker: RuleAsker,
): Promise<StoredRule> {
  const before = await readRule(ports, name, asker.caller)
  ports.trail.about(before.rule.cluster_id)
  requireVersion(before, ifMatch)
  if (rule.name !== name)
    throw new GridError('rule.invalid', `a rule keeps its name: ${name} cannot become ${rule.name}`)
  await requireMay(ports, rule, asker.caller)
  const stored = await ports.failoverRules.replace(rule, before.version)
  note(ports, before.rule, rule)
  return stored
}

/** Removes a rule; actions that it asked for go on. @throws {GridError} `rule.not_found`, `precondition.failed`, `rule.changed` */
export async function removeRule(
  ports: Needs<'failoverRules' | 'trail'>,
  { name, ifMatch }: { name: RuleName; ifMatch: number | null },
  asker: RuleAsker,
): Promise<{ message: string; name: RuleName }> {
  const before = await readRule(ports, name, asker.caller)
  ports.trail.about(before.rule.cluster_id)
  requireVersion(before, ifMatch)
  await ports.failoverRules.remove(name, before.version)
  note(ports, before.rule, null)
  return { message: 'Failover rule deleted', name }
}

/** What acts by itself is a network admin's to allow, whoever may do the same by hand (spec/decisions.md 34). */
async function requireMay(ports: Needs<'clusters'>, rule: FailoverRule, caller: Caller): Promise<void> {
  await requireCluster(ports, rule, caller)
  if (rule.mode === 'act' && caller.role !== 'network-admin')
    throw new GridError('auth.forbidden', 'only a network admin may make a rule act; leave its mode at observe')
}

/** @throws {GridError} `cluster.not_found` for a rule of a cluster that is not there, or not for the caller */
export async function requireCluster(
  ports: Needs<'clusters'>,
  { cluster_id: id }: FailoverRule,
  caller: Caller,
): Promise<void> {
  const isThere = inScope(caller, id) && (await ports.clusters.findOutline(id)) !== null
  if (!isThere) throw clusterNotFound(id)
}

function requireVersion({ rule, version }: StoredRule, ifMatch: number | null): void {
  if (ifMatch === null || ifMatch === version) return
  throw new GridError('precondition.failed', `the rule ${rule.name} is at version ${version}, not ${ifMatch}`)
}

/** What becomes of a rule concerns the cluster that it is about. */
function note(ports: Needs<'trail'>, before: FailoverRule | null, after: FailoverRule | null): void {
  ports.trail.note({ subject: `failover-rule ${(after ?? before)?.name}`, before, after })
}
