import { createHash } from 'node:crypto'
import type { AlarmQueue } from '@gridgate/core/alarm/alarm-queue'
import { signedHeaders } from '@gridgate/core/alarm/webhook-signature'
import { GridError } from '@gridgate/core/errors'
import type { Notifications, NotificationWebhooks } from '@gridgate/core/notification/notifications'
import type { Needs } from '@gridgate/core/ports'
import { splitList } from '@gridgate/remote/address-guard'
import type { RemoteClient } from '@gridgate/remote/remote-client'
import type { Config } from './config.ts'

/** Most addresses: each news is a message for each of them. */
const targetsMax = 10
/** What a server may take to answer, in ms (Standard Webhooks: 15 to 30 s), and how much it may say, in bytes. */
const answerMsMax = 15_000
const answerBytesMax = 1024 * 1024
/** Length of an address's name, in hexadecimal digits. */
const nameDigits = 16

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

type Settings = Pick<Config, 'GRIDGATE_NOTIFY_URLS' | 'GRIDGATE_NOTIFY_SECRET'>

/** Claims that all of a list may be notified: https, on this machine also http; and not too many. */
export function areNotifiable(list: string): boolean {
  const texts = splitList(list)
  return texts.length <= targetsMax && texts.every((text) => URL.canParse(text) && isNotifiable(new URL(text)))
}

const isNotifiable = ({ protocol, hostname, username, password }: URL): boolean =>
  username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && loopback.has(hostname)))

/** The queue for the addresses of the configuration. */
export const notificationQueue = (config: Settings, queue: AlarmQueue): Notifications => ({
  targets: [...addressesOf(config).keys()],
  send: (message) => queue.send(message),
})

/** The addresses of the configuration, called through the guarded client, without redirects. */
export function notificationWebhooks(
  config: Settings,
  ports: Needs<'clock'>,
  client: Pick<RemoteClient, 'send'>,
): NotificationWebhooks {
  const addresses = addressesOf(config)
  return {
    async deliver(target, delivery) {
      const url = addresses.get(target)
      if (url === undefined) return null
      const signature = signedHeaders({ ...delivery, at: ports.clock.now() }, config.GRIDGATE_NOTIFY_SECRET)
      if (!signature) throw new GridError('internal', 'there is no secret to sign notifications with')
      const { status } = await client.send({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/cloudevents+json', ...signature },
        body: delivery.text,
        schemes: ['https:', 'http:'],
        bytesMax: answerBytesMax,
        timeoutMsMax: answerMsMax,
      })
      return status
    },
  }
}

/** Addresses by a name that tells nothing of them. */
const addressesOf = ({ GRIDGATE_NOTIFY_URLS: list }: Settings): Map<string, string> =>
  new Map(splitList(list).map((url) => [createHash('sha256').update(url).digest('hex').slice(0, nameDigits), url]))
