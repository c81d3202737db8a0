import { describe, expect, it } from 'vitest'
import { policyWorld, publish } from '../../../../test/policy-world.ts'
import { admin } from '../../../../test/world.ts'
import { createCluster } from './create-cluster.ts'
import { updateCluster } from './update-cluster.ts'

const asker = { caller: admin, requestId: null }
const warnings = (told: readonly { code: string; pointer?: string | undefined }[]): string[] =>
  told.map(({ code, pointer }) => `${code} ${pointer}`)

describe('a policy in the map of a cluster that is not registered', () => {
  it('is stored with a warning, at registration and with the update that names it', async () => {
    const w = policyWorld()
    const actionsPolicyMap = {
      add_node: 'later:1-stable',
      remove_node: await publish(w, 'admit'),
      create_block: { policyRuleURI: 'later:1-stable' },
      onFailure: 'later:1-stable',
    }
    const document = { id: 'west-1', regionId: 'a', nodes: { count: 1 }, config: { actionsPolicyMap } }
    const created = await createCluster(w.ports, document, asker)
    expect(created.stored.cluster.config.actionsPolicyMap).toEqual(actionsPolicyMap)
    expect(warnings(created.warnings)).toEqual([
      'pre_check.unknown_action /config/actionsPolicyMap/onFailure',
      'pre_check.policy_unknown /config/actionsPolicyMap/add_node',
      'pre_check.policy_unknown /config/actionsPolicyMap/create_block',
    ])

    const request = { id: created.stored.cluster.id, ifMatch: null }
    const update = { 'config.actionsPolicyMap.remove_block': 'later:1-stable' }
    const updated = await updateCluster(w.ports, { ...request, update }, asker)
    expect(warnings(updated.warnings)).toEqual(['pre_check.policy_unknown /config.actionsPolicyMap.remove_block'])
    expect((await updateCluster(w.ports, { ...request, update: { status: 'live' } }, asker)).warnings).toEqual([])
  })
})
