import { describe } from 'vitest'
import { describeRemedies } from '../../contract/remedy-contract.ts'
import { startTestController } from '../../test/test-controller.ts'

describeRemedies(describe, async () => {
  const { call, cluster, stop } = await startTestController()
  return { call, plain: cluster.client, end: stop }
})
