import type { Provider } from '../failover/settings.ts'
import { whyNotRepairable } from '../repair/choose-provider.ts'
import { type ActionOrder, type ActionPlan, type Check, effectsOf } from './action.ts'
import type { Survey } from './survey.ts'

/** Most names that a check's detail lists. */
const namedMax = 10

/**
 * Everything that is looked at before an action, all of it told (spec/failover.md §7, §16.7). Which of it stops and which
 * only warns is spec/decisions.md 30: repairs and whatever nobody asked for in person are held to all of it.
 */
export function checkPlan(
  order: ActionOrder,
  survey: Survey,
  plan: ActionPlan,
  { isAutomatic, providers }: { isAutomatic: boolean; providers: readonly Provider[] },
): Check[] {
  const { restarts, repairs, uncordons } = effectsOf(order)
  if (uncordons) return []
  const strict = repairs || isAutomatic ? 'block' : 'warn'
  const touched = survey.nodes.filter(
    ({ name }) => plan.instance?.node_name === name || plan.nodes.some((node) => node.name === name),
  )
  return [
    ...(order.preflight_checks.expected_node_counts ? [expectedCount(survey)] : []),
    noneOf('control_plane', strict, 'control-plane nodes', names(touched.filter((node) => node.is_control_plane))),
    one(
      'own_controller',
      strict,
      !(survey.has_controller && touched.length > 0),
      'our own controller runs on the pool',
    ),
    noneOf('other_jobsets', strict, 'other JobSets run on the pool', survey.other_jobsets.map(qualified)),
    ...(restarts ? [restartPossible(survey), leadersFound(plan), spareCapacity(survey, strict)] : []),
    ...(restarts || repairs ? [budgetsAllow(survey)] : []),
    ...(plan.instance ? [repairable(providers, plan.instance.provider_id)] : []),
  ]
}

/** The checks that stop the action. */
export const failedChecks = (checks: readonly Check[]): Check[] =>
  checks.filter(({ severity, ok }) => severity === 'block' && !ok)

const one = (name: string, severity: Check['severity'], ok: boolean, otherwise: string): Check => ({
  name,
  severity,
  ok,
  detail: ok ? 'holds' : otherwise,
})

function noneOf(name: string, severity: Check['severity'], what: string, found: readonly string[]): Check {
  const more = found.length > namedMax ? ` and ${found.length - namedMax} more` : ''
  return one(name, severity, found.length === 0, `${what}: ${found.slice(0, namedMax).join(', ')}${more}`)
}

const names = (nodes: readonly { name: string }[]): string[] => nodes.map(({ name }) => name)
const qualified = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`

/** What the original offered and never did (spec/failover.md §7): too many nodes are as wrong as too few. */
function expectedCount({ expected_nodes: expected, nodes }: Survey): Check {
  if ('unknown' in expected) return one('expected_node_counts', 'block', false, expected.unknown)
  const said = `${expected.count} nodes are expected, ${nodes.length} are there`
  return one('expected_node_counts', 'block', expected.count === nodes.length, said)
}

const restartPossible = ({ jobset }: Survey): Check =>
  noneOf('restart_possible', 'block', 'the JobSet would not restart', jobset?.blockers ?? [])

const leadersFound = ({ pods }: ActionPlan): Check =>
  one('leaders', 'block', pods.length > 0, 'no leader pod of the JobSet is on the pool')

function spareCapacity({ jobset, spare_nodes: spare, pool }: Survey, severity: Check['severity']): Check {
  const needed = pool === null ? 0 : (jobset?.nodes_needed ?? 0)
  return one(
    'spare_capacity',
    severity,
    spare >= needed,
    `the JobSet needs ${needed} nodes elsewhere, ${spare} are free`,
  )
}

function repairable(providers: readonly Provider[], providerId: string | null): Check {
  const why = whyNotRepairable(providers, providerId)
  return one('provider', 'block', why === null, why ?? '')
}

const budgetsAllow = ({ blocking_budgets: budgets }: Survey): Check =>
  noneOf('disruption_budgets', 'block', 'PodDisruptionBudgets allow no eviction', budgets.map(qualified))
