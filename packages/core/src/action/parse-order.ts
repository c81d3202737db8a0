import { z } from 'zod'
import { ClusterId } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'
import { ActionId, ActionOrder, ActionType, isAlarmActionId, LadderStep, typeEffects } from './action.ts'

/** Longest text of a request, in characters. */
const textCharactersMax = 4096
/** Longest name in Kubernetes, in characters. */
const nameCharactersMax = 253
/** Most steps of an escalation. */
const ladderStepsMax = 8

const text = z.string().max(textCharactersMax).nullish()
const flag = z.boolean().nullish()

/** The body as it may come: unknown members are passed over, null means the default (spec/decisions.md 27). */
export const ActionBody = z.object({
  id: text.describe('chosen by the caller; a random UUID when empty'),
  dry_run: flag,
  requestor: text,
  reason: text,
  type: text,
  namespace: text.describe('of the JobSet; `default` when empty'),
  jobset_name: text,
  node_pool: text,
  node_name: text,
  preflight_checks: z.object({ expected_node_counts: flag }).nullish(),
  cluster_id: text.describe('may be left out where exactly one cluster has failover'),
  force: flag.describe('of a network admin: failed checks and a freeze do not stop the action; budgets do'),
  ladder: z
    .array(z.string())
    .max(ladderStepsMax)
    .nullish()
    .describe('what to try, each step when the one before did not help: restart, reboot, replace, human'),
  uncordon_when_verified: flag,
})
export type ActionBody = z.infer<typeof ActionBody>

const name = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/
const labelValue = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/

/**
 * The order in a body: defaults first, then the original's checks in its order and with its words, then those it lacked
 * (spec/failover.md §2). Errors carry the id, given or generated.
 * @throws {GridError} `request.invalid`
 */
export function parseOrder(given: ActionBody | null, nextId: () => string): ActionOrder {
  const body = given ?? ({} as ActionBody)
  const id = body.id || nextId()
  const refuse = (why: string): GridError =>
    new GridError('request.invalid', why, { details: { action_id: ActionId.safeParse(id).success ? id : '' } })
  const type = checked(body, refuse)
  const order = ActionOrder.safeParse({
    ...{ id, type, requestor: body.requestor, reason: body.reason },
    dry_run: body.dry_run ?? false,
    cluster_id: body.cluster_id || null,
    namespace: body.namespace || 'default',
    jobset_name: body.jobset_name || null,
    node_pool: body.node_pool || null,
    node_name: body.node_name || null,
    preflight_checks: { expected_node_counts: body.preflight_checks?.expected_node_counts ?? false },
    force: body.force ?? false,
    ladder: body.ladder ?? [],
    uncordon_when_verified: body.uncordon_when_verified ?? null,
  })
  const [first] = order.error?.issues ?? []
  if (!order.success) throw refuse(`${first?.path.join('.')}: ${first?.message}`)
  const problem = ladderProblem(order.data)
  if (problem !== null) throw refuse(`ladder: ${problem}`)
  if (isAlarmActionId(id)) throw refuse('id is like those of what alarms ask for; choose another one')
  return order.data
}

/** A ladder goes on from what the type itself does. */
function ladderProblem({ type, ladder, node_pool, node_name }: ActionOrder): string | null {
  const { restarts, repairs } = typeEffects[type]
  const [first] = ladder
  if (first === undefined) return null
  const ranks = ladder.map((step) => LadderStep.options.indexOf(step))
  if (ranks.some((rank, at) => at > 0 && rank <= (ranks[at - 1] ?? 0)))
    return `each step once, from the mildest: ${LadderStep.options.join(', ')}`
  if (!restarts && !repairs) return `${type} has no steps`
  if (restarts !== (first === 'restart')) return `${type} begins with ${restarts ? 'restart' : 'reboot or replace'}`
  if (repairs && first === 'human') return `${type} begins with reboot or replace`
  if (restarts && node_pool === null && node_name === null && ladder.some((step) => step !== 'restart'))
    return 'what follows a restart needs node_pool or node_name'
  return null
}

function checked(body: ActionBody, refuse: (why: string) => GridError): ActionType {
  if (!body.requestor) throw refuse('requestor is required')
  if (!body.reason) throw refuse('reason is required')
  const type = ActionType.safeParse(body.type)
  if (!type.success) throw refuse(`unknown action type: ${JSON.stringify(body.type ?? '')}`)
  if (type.data === 'cordon_nodepool_and_restart_jobset') {
    if (!body.jobset_name) throw refuse(`jobset_name is required for ${type.data}`)
  } else if (!body.node_pool && !body.node_name) throw refuse(`node_pool or node_name is required for ${type.data}`)
  checkNames(body, refuse)
  return type.data
}

/** What the original did not look at and Kubernetes would refuse. */
function checkNames(body: ActionBody, refuse: (why: string) => GridError): void {
  const shapes = { namespace: name, jobset_name: name, node_name: name, node_pool: labelValue } as const
  for (const [field, shape] of Object.entries(shapes) as [keyof typeof shapes, RegExp][]) {
    const value = body[field]
    if (value && (value.length > nameCharactersMax || !shape.test(value)))
      throw refuse(`${field} is not a name that Kubernetes knows: ${JSON.stringify(value.slice(0, nameCharactersMax))}`)
  }
  if (body.cluster_id && !ClusterId.safeParse(body.cluster_id).success) throw refuse('cluster_id is not a cluster id')
  const unknown = body.ladder?.find((step) => !LadderStep.safeParse(step).success)
  if (unknown !== undefined) throw refuse(`unknown step of the ladder: ${JSON.stringify(unknown)}`)
}
