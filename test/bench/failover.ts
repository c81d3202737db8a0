import { measureAlarms } from './alarm-to-cordon.ts'
import { replyMs } from './api-server.ts'
import { measureCordons } from './cordon-race.ts'
import type { Section } from './section.ts'

/** How soon an alarm leads to something, and how fast a pool is cordoned. */
export const failover: Section = {
  name: 'failover',
  about: `from an alarm to the first cordoned node; cordons beside kubectl and plain patches; replies take ${replyMs} ms`,
  async run() {
    return [...(await measureCordons()), ...(await measureAlarms())]
  },
}
