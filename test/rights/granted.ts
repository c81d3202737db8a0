import { type Right, rightsOf } from '@gridgate/local/iam/evaluate'
import { type Place, policyOf, portName } from '@gridgate/runtime/rights'
import { z } from 'zod'
import { deployedFunctions } from '../../packages/deployment/function-list.ts'

/** One right of one function. The resource has no region and account, which are another in each run. */
export interface Grant extends Right {
  functionName: string
  /** The ports of its row that ask for it. */
  ports: readonly string[]
}

/** Why rights are granted though no suite uses them. */
export interface Reason {
  port: string
  actions: readonly string[]
  /** Pattern of the partition, name of the list or purpose of the key; null for rights that go by the resource alone. */
  key: string | null
  /** Which functions it excuses; all that have the port where it is left out. */
  functions?: readonly string[]
  /** A run may use all of it: what two processes that meet, or one that dies at the right moment, do. */
  byChance?: true
  reason: string
}

export interface Verdict {
  unused: readonly Grant[]
  /** Those of the unused that a reason stands for. */
  excused: readonly Grant[]
  /** Reasons, or functions of reasons, that excuse nothing: the right is used, unless by chance, or is not granted any more. */
  stale: readonly string[]
  granted: number
}

const prefix = 'gridgate-'
const place: Place = {
  ...{ partition: 'aws', region: '', accountId: '', table: 'gridgate', prefix },
  kmsKeyArn: 'arn:aws:kms:::key/local',
}

type Row = Pick<(typeof deployedFunctions)[number], 'name' | 'ports'>

/** Everything that the policies of functions allow, each right by itself. */
export function grantsOf(functions: readonly Row[] = deployedFunctions): Grant[] {
  return functions.flatMap(({ name, ports }) => {
    const byPort = ports.map((port) => [portName(port), new Set(allowedBy([port]).map(nameOf))] as const)
    return allowedBy(ports).map((right) => ({
      ...{ ...right, functionName: name },
      ports: [...new Set(byPort.filter(([, rights]) => rights.has(nameOf(right))).map(([port]) => port))],
    }))
  })
}

const allowedBy = (ports: readonly string[]): Right[] =>
  policyOf(ports, place)
    .Statement.flatMap(rightsOf)
    .map((right) => ({ ...right, resource: placeless(right.resource) }))

/** `arn:aws:dynamodb:eu-west-1:1234:table/gridgate` → `dynamodb:table/gridgate`; there is one KMS key, whatever its name. */
const placeless = (arn: string): string =>
  arn.replace(/^arn:[\w-]+:(\w+):[^:]*:[^:]*:/, '$1:').replace(/^kms:key\/.*/, 'kms:key')

const nameOf = ({ action, resource, key }: Right): string => JSON.stringify([action, resource, key])
const grantName = (functionName: string, right: Right): string => `${functionName} ${nameOf(right)}`

const Line = z.tuple([z.string(), z.string(), z.string(), z.string().nullable()])

/** What one line of `GRIDGATE_RIGHTS_FILE` says was used. @throws {Error} when it says something else */
export function usedBy(line: string): string {
  const [functionName, action, resource, key] = Line.parse(JSON.parse(line))
  return grantName(functionName.replace(prefix, ''), { action, resource: placeless(resource), key })
}

/** Holds what is granted against what was used, and what was not used against the reasons. */
export function judge(grants: readonly Grant[], used: ReadonlySet<string>, reasons: readonly Reason[]): Verdict {
  const unused = grants.filter((grant) => !used.has(grantName(grant.functionName, grant)))
  const excuses = (reason: Reason, grant: Grant): boolean =>
    grant.ports.includes(reason.port) &&
    reason.actions.includes(grant.action) &&
    reason.key === grant.key &&
    (reason.functions?.includes(grant.functionName) ?? true)
  const stale = reasons.flatMap((reason) => {
    const found = (reason.byChance ? grants : unused).filter((grant) => excuses(reason, grant))
    const idle = [
      ...reason.actions.filter((action) => !found.some((grant) => grant.action === action)),
      ...(reason.functions ?? []).filter((name) => !found.some(({ functionName }) => functionName === name)),
    ]
    return idle.map((what) => `${reason.port} ${reason.key ?? 'without a key'}: ${what}`)
  })
  const excused = unused.filter((grant) => reasons.some((reason) => excuses(reason, grant)))
  return { unused, excused, stale, granted: grants.length }
}
