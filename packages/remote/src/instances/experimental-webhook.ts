import { signedHeaders } from '@gridgate/core/alarm/webhook-signature'
import { GridError } from '@gridgate/core/errors'
import type { InstanceOrder, Instances } from '@gridgate/core/repair/instances'
import type { WebhookSettings } from '@gridgate/core/repair/provider-settings'
import { type CloudParts, sendOrder } from './cloud-call.ts'
import { effectId } from './effect-id.ts'
import { unaskedView } from './experimental-view.ts'

/**
 * Experimental: somebody else's program is told what to do, by a CloudEvent signed as Standard Webhooks says. The same key
 * gives the same id, by which the receiver knows a repetition.
 */
export const experimentalWebhook = (parts: CloudParts, { allow: [address] }: WebhookSettings): Instances => {
  const tell = async (effect: 'reboot' | 'replace', order: InstanceOrder, key: string): Promise<'accepted'> => {
    const at = parts.clock.now()
    const id = effectId(`${key}:${effect}:${order.node_name}`)
    const { node_name, provider_id, action } = order
    const body = JSON.stringify({
      specversion: '1.0',
      id,
      source: '/gridgate/failover',
      type: `io.gridgate.instance.${effect}`,
      subject: node_name,
      time: at.toISOString(),
      datacontenttype: 'application/json',
      data: { action, node_name, provider_id },
    })
    const url = new URL(address)
    const signature = signedHeaders({ id, text: body, at }, (await parts.secretOf?.('webhook')) ?? '')
    if (!signature) throw new GridError('provider.unconfigured', 'the gateway has no secret for the webhook')
    const headers = { 'content-type': 'application/cloudevents+json', ...signature }
    await sendOrder(parts, { url, method: 'POST', headers, body, doing: `${effect} of ${node_name}`, changes: true })
    return 'accepted'
  }
  return {
    describe: async ({ node_name }) => unaskedView(parts, node_name),
    reboot: (order, key) => tell('reboot', order, key),
    replace: (order, key) => tell('replace', order, key),
  }
}
