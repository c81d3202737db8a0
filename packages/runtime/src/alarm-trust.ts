import type { AlarmTrust } from '@gridgate/core/alarm/alarm-trust'
import { GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import { splitList } from '@gridgate/remote/address-guard'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'

/** Largest certificate, and largest answer to a confirmation, in bytes. */
const bytesMax = 64 * 1024
/** A certificate is not fetched again for so long, in seconds, and so many are kept. */
const keptSecondsMax = 3600
const certificatesMax = 16

type Settings = Pick<Config, 'GRIDGATE_SNS_TOPICS' | 'GRIDGATE_EVENTBRIDGE_SOURCES' | 'GRIDGATE_WEBHOOK_SECRET'>

/** Whom the configuration believes. Everything is fetched through the guarded client, without redirects. */
export function alarmTrust(config: Settings, ports: Needs<'clock'>, client: Pick<RemoteClient, 'send'>): AlarmTrust {
  const known = new Map<string, { pem: string; until: number }>()
  const fetch = async (url: string): Promise<string> => {
    const { status, bytes } = await client.send({ url, bytesMax })
    if (status !== 200) throw new GridError('remote.failed', `${new URL(url).host} answered ${status}`)
    return Buffer.from(bytes).toString('utf8')
  }
  return {
    topics: splitList(config.GRIDGATE_SNS_TOPICS),
    eventBridgeSources: splitList(config.GRIDGATE_EVENTBRIDGE_SOURCES),
    webhookSecrets: splitList(config.GRIDGATE_WEBHOOK_SECRET),
    async certificate(url) {
      const now = ports.clock.now().getTime()
      const cached = known.get(url)
      if (cached && cached.until > now) return cached.pem
      const pem = await fetch(url)
      known.delete(url)
      for (const oldest of known.keys()) if (known.size >= certificatesMax) known.delete(oldest)
      known.set(url, { pem, until: now + keptSecondsMax * 1000 })
      return pem
    },
    async visit(url) {
      await fetch(url)
    },
  }
}
