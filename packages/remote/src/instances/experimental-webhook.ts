import { createHmac } from 'node:crypto'
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
    const secret = await parts.secretOf?.('webhook')
    if (!secret) throw new GridError('provider.unconfigured', 'the gateway has no secret for the webhook')
    const id = effectId(`${key}:${effect}:${order.node_name}`)
    const { node_name, provider_id, action } = order
    const body = JSON.stringify({
      specversion: '1.0',
      id,
      source: '/gridgate/failover',
      type: `io.gridgate.instance.${effect}`,
      subject: node_name,
      time: parts.clock.now().toISOString(),
      datacontenttype: 'application/json',
      data: { action, node_name, provider_id },
    })
    const url = new URL(address)
    const headers = { 'content-type': 'application/cloudevents+json', ...signed(id, parts.clock.now(), body, secret) }
    await sendOrder(parts, { url, method: 'POST', headers, body, doing: `${effect} of ${node_name}`, changes: true })
    return 'accepted'
  }
  return {
    describe: async ({ node_name }) => unaskedView(parts, node_name),
    reboot: (order, key) => tell('reboot', order, key),
    replace: (order, key) => tell('replace', order, key),
  }
}

function signed(id: string, at: Date, body: string, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}
