import type { InstanceView } from '@gridgate/core/repair/instances'
import type { CloudParts } from './cloud-call.ts'

/** What is known of a machine whose provider is not asked: only its name. Whether an order was carried out, its node tells. */
export const unaskedView = ({ clock }: CloudParts, instanceId: string): InstanceView => ({
  instance_id: instanceId,
  state: 'unknown',
  group: null,
  started_at: null,
  seen_at: clock.now().toISOString(),
})
