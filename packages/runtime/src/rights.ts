import type { EndpointRow } from '@gridgate/http/manifest-row'
import { portRights, type Rights, type TableVerb } from './port-rights.ts'

/** Names and numbers that stand in ARNs. */
export interface Place {
  /** `aws`, or another part of AWS such as `aws-cn`. */
  partition: string
  region: string
  accountId: string
  table: string
  /** Name prefix of functions, queues and state machines. */
  prefix: string
  kmsKeyArn: string
}

export interface Statement {
  Effect: 'Allow'
  Action: string[]
  Resource: string[]
  Condition?: Record<string, Record<string, string[]>>
}

/** An identity policy ("IAM JSON policy elements reference", IAM User Guide). */
export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: Statement[]
}

/** The actions behind the verbs ("Actions, resources, and condition keys for Amazon DynamoDB", Service Authorization Reference). */
const tableActions: Readonly<Record<TableVerb, string>> = {
  get: 'dynamodb:GetItem',
  query: 'dynamodb:Query',
  put: 'dynamodb:PutItem',
  remove: 'dynamodb:DeleteItem',
  check: 'dynamodb:ConditionCheckItem',
  add: 'dynamodb:UpdateItem',
  many: 'dynamodb:BatchWriteItem',
}

type Row = Pick<EndpointRow, 'ports' | 'method' | 'access' | 'aliases' | 'isAudited'>

/**
 * The ports of an endpoint's row with those of the edge, spelled for `policyOf`: what answers only a GET only looks, and what
 * changes something leaves an entry in the audit log.
 */
export function portsOfEndpoint({ ports, method, access, aliases, isAudited }: Row): string[] {
  const onlyLooks = method === 'GET' && aliases.every((alias) => alias.startsWith('GET '))
  const known = access === 'anyone' ? [] : ['authenticator', ...(onlyLooks ? [] : ['idempotency'])]
  const looking = (port: string): string => (portRights[port]?.read ? `${port}.read` : port)
  const audited = isAudited ? ['audit.append'] : []
  return ['ids', 'log', 'rateLimiter', ...known, ...audited, ...(onlyLooks ? ports.map(looking) : ports)]
}

/** `tasks.read` → `tasks`; `workflows.start:join-node` → `workflows` */
export const portName = (spelled: string): string => /^\w*/.exec(spelled)?.[0] ?? ''

/** What a function with these ports may do, and nothing else; the same document is deployed and evaluated locally. */
export function policyOf(ports: readonly string[], place: Place): PolicyDocument {
  const granted = new Grants()
  for (const port of ports) grant(granted, port, place)
  return { Version: '2012-10-17', Statement: granted.statements() }
}

function grant(granted: Grants, spelled: string, place: Place): void {
  const [, port = '', way, scope] = /^(\w+)(?:\.(\w+))?(?::([\w-]+))?$/.exec(spelled) ?? []
  const ways = portRights[port] ?? {}
  if (way !== undefined && !ways[way]) throw new Error(`${spelled} is no port with a way to use it`)
  for (const [name, rights] of Object.entries(ways)) {
    if (way !== undefined && way !== name) continue
    grantRights(granted, rights, place, scope)
    for (const inner of rights.ports ?? []) grant(granted, inner, place)
  }
}

function grantRights(granted: Grants, rights: Rights, place: Place, workflow = '*'): void {
  const arn = (service: string, what: string): string =>
    `arn:${place.partition}:${service}:${place.region}:${place.accountId}:${what}`
  const table = arn('dynamodb', `table/${place.table}`)
  for (const [verb, keys] of Object.entries(rights.table ?? {}))
    granted.add(tableActions[verb as TableVerb], table, leadingKeys, keys)
  if (rights.lists?.length) granted.add('dynamodb:Query', `${table}/index/lists`, leadingKeys, rights.lists)
  for (const queue of rights.sends ?? []) {
    granted.add('sqs:SendMessage', arn('sqs', place.prefix + queue))
    granted.add('sqs:GetQueueUrl', arn('sqs', place.prefix + queue))
  }
  if (rights.executions === 'start')
    granted.add('states:StartExecution', arn('states', `stateMachine:${place.prefix}${workflow}`))
  if (rights.executions === 'describe')
    granted.add('states:DescribeExecution', arn('states', `execution:${place.prefix}${workflow}:*`))
  for (const name of rights.invokes ?? [])
    granted.add('lambda:InvokeFunction', arn('lambda', `function:${place.prefix}${name}`))
  if (rights.seals) granted.add('kms:GenerateDataKey', place.kmsKeyArn, purpose, rights.seals)
  if (rights.opens) granted.add('kms:Decrypt', place.kmsKeyArn, purpose, rights.opens)
  if (rights.looksAtParts) {
    granted.add('dynamodb:DescribeTable', table)
    granted.add('states:DescribeStateMachine', arn('states', `stateMachine:${place.prefix}*`))
  }
}

const leadingKeys = { operator: 'ForAllValues:StringLike', key: 'dynamodb:LeadingKeys' }
const purpose = { operator: 'StringEquals', key: 'kms:EncryptionContext:purpose' }
type ConditionKey = typeof leadingKeys

interface Grant {
  action: string
  resource: string
  on: ConditionKey | null
  keys: Set<string>
}

/** Collects single rights and folds them into few statements: a role's policies hold 10,240 characters. */
class Grants {
  readonly #grants = new Map<string, Grant>()

  add(action: string, resource: string, on: ConditionKey | null = null, keys: readonly string[] = []): void {
    const name = `${action} ${resource}`
    const found = this.#grants.get(name) ?? { action, resource, on, keys: new Set<string>() }
    for (const key of keys) found.keys.add(key)
    this.#grants.set(name, found)
  }

  /** What is allowed under the same condition on the same resource is one statement. */
  statements(): Statement[] {
    const folded = new Map<string, Statement>()
    for (const { action, resource, on, keys } of this.#grants.values()) {
      const values = [...keys].sort()
      const name = JSON.stringify([resource, on, values])
      const statement = folded.get(name) ?? {
        ...{ Effect: 'Allow', Action: [], Resource: [resource] },
        ...(on === null ? {} : { Condition: { [on.operator]: { [on.key]: values } } }),
      }
      statement.Action.push(action)
      folded.set(name, statement)
    }
    return [...folded.values()]
  }
}
