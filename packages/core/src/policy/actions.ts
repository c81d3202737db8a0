/**
 * Every action that a policy may guard: the union of the documented lists and three of our own
 * (spec/policies.md §8, spec/decisions.md 20). Both maps accept exactly these.
 */
export const policyActions = [
  'add_cluster',
  'update_cluster',
  'remove_cluster',
  'add_node',
  'remove_node',
  'add_block',
  'remove_block',
  'scale_block',
  'block_mgmt',
  'cluster_mgmt',
  'add_vdag_controller',
  'remove_vdag_controller',
  'dry_run',
  'init_create_status_update',
  'query_init_container_data',
  'create_cluster_infra',
  'remove_cluster_infra',
  'failover_action',
] as const
export type PolicyAction = (typeof policyActions)[number]

/** Spellings of the original code and of the second documented list. */
const aliases: Readonly<Record<string, PolicyAction>> = {
  create_cluster: 'add_cluster',
  delete_cluster: 'remove_cluster',
  create_block: 'add_block',
  delete_block: 'remove_block',
  scale: 'scale_block',
  remove_instance: 'scale_block',
  reassign: 'scale_block',
  'reassign-instances': 'scale_block',
  parameter_update: 'block_mgmt',
}

const known: ReadonlySet<string> = new Set(policyActions)

/** The action that a name means, or null when no action has that name or alias. */
export function toPolicyAction(name: string): PolicyAction | null {
  if (known.has(name)) return name as PolicyAction
  return Object.hasOwn(aliases, name) ? (aliases[name] ?? null) : null
}
