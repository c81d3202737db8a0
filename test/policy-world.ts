import { createHash } from 'node:crypto'
import type { Caller } from '@gridgate/core/caller'
import { Cluster } from '@gridgate/core/cluster/cluster'
import type { StoredCluster } from '@gridgate/core/cluster/cluster-store'
import { NewPolicy, type PolicyUri, toPolicy } from '@gridgate/core/policy/policy'
import type { Ports } from '@gridgate/core/ports'
import { scriptedEngine } from './scripted-engine.ts'
import { scripted } from './scripted-policies.ts'
import { admin, type World, world } from './world.ts'

/** A world whose policies are those of `scripted`, for tests of what policies guard. */
export const policyWorld = (given: Partial<Ports> = {}, caller: Caller = admin): World =>
  world({ engine: scriptedEngine(), ...given }, caller)

/** Registers one of the scripted policies as `<name>:1-test`. */
export async function publish(
  { ports }: Pick<World, 'ports'>,
  name: keyof typeof scripted,
  more: Record<string, unknown> = {},
): Promise<PolicyUri> {
  const data = scripted[name].source
  const digest = createHash('sha256').update(data).digest('hex')
  const entry = toPolicy(NewPolicy.parse({ name, version: '1', release_tag: 'test', code: data, ...more }))
  const policy = { ...entry, code: `sha256:${digest}`, code_digest: digest }
  await ports.policies.create(policy, { digest, kind: 'source', data })
  return policy.policy_rule_uri
}

/** Puts policies on actions of the network's map. */
export async function guard({ ports }: Pick<World, 'ports'>, map: Record<string, unknown>): Promise<void> {
  const { map: before, version } = await ports.policyMaps.read()
  await ports.policyMaps.replace({ ...before, ...map } as typeof before, version)
}

/** Stores a small cluster, with a policy map of its own if one is given. */
export const addCluster = ({ ports }: World, id = 'west-1', actionsPolicyMap?: object): Promise<StoredCluster> =>
  ports.clusters.create(
    Cluster.parse({
      id,
      regionId: 'eu',
      nodes: { count: 0, nodeData: [] },
      config: actionsPolicyMap ? { actionsPolicyMap } : {},
    }),
  )
