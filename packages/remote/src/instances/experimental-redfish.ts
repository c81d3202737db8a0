import { GridError } from '@gridgate/core/errors'
import type { Instances } from '@gridgate/core/repair/instances'
import type { RedfishSettings } from '@gridgate/core/repair/provider-settings'
import { type CloudParts, sendOrder } from './cloud-call.ts'
import { unaskedView } from './experimental-view.ts'

/** Experimental: machines whose board answers Redfish. They can be restarted by force; a machine of one's own is not replaced. */
export const experimentalRedfish = (parts: CloudParts, { allow: [address] }: RedfishSettings): Instances => ({
  async describe({ node_name }) {
    return unaskedView(parts, node_name)
  },
  async reboot({ node_name }) {
    const login = await parts.secretOf?.('redfish')
    if (!login) throw new GridError('provider.unconfigured', 'the gateway has no login for Redfish')
    const system = address.replaceAll('{node}', encodeURIComponent(node_name)).replace(/\/$/, '')
    await sendOrder(parts, {
      url: new URL(`${system}/Actions/ComputerSystem.Reset`),
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      },
      body: JSON.stringify({ ResetType: 'ForceRestart' }),
      doing: `ComputerSystem.Reset for ${node_name}`,
      changes: true,
    })
    return 'accepted'
  },
  async replace() {
    throw new GridError('provider.unsupported', 'machines behind Redfish are not replaced from here')
  },
})
