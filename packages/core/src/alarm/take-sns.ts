import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { parseAlarm } from './parse-alarm.ts'
import { parseSns, SnsEnvelope } from './parse-sns.ts'
import { isCertificateUrl, isOfSns, isSigned } from './sns-signature.ts'
import { StateTime } from './state-time.ts'
import { type Taken, type TakePorts, takeAlarms } from './take-alarms.ts'

/** A message is believed for so long, and this far ahead of our clock, in seconds. */
const ageSecondsMax = 3600
const aheadSecondsMax = 300

type SnsPorts = TakePorts & Needs<'alarmTrust'>

/** What became of a message: an alarm that was taken, or a subscription. */
export type SnsTaken = Taken | { event_id: null; message: string }

/**
 * Takes what SNS posts, after its signature was checked; confirms a subscription to a topic on the list.
 * @throws {GridError} `auth.invalid` for a signature, an age or a certificate that is not to be believed, `alarm.refused` for a
 *   topic off the list; as `takeAlarms`
 */
export async function takeSns(ports: SnsPorts, body: unknown): Promise<SnsTaken> {
  const envelope = parseAlarm(SnsEnvelope, body)
  await requireBelievable(ports, envelope)
  if (envelope.Type === 'Notification') {
    // The id of the event is made of what was signed, so a message that comes twice is folded.
    const topic = { id: `sns:${envelope.TopicArn}`, clusters: '*' } as const
    return takeAlarms(ports, parseSns(envelope), topic)
  }
  if (envelope.Type === 'SubscriptionConfirmation') await confirm(ports, envelope)
  return { event_id: null, message: `${envelope.Type} of ${envelope.TopicArn}` }
}

/** The cheap questions come first: nothing is fetched for a message that is refused anyway. */
async function requireBelievable(ports: SnsPorts, envelope: SnsEnvelope): Promise<void> {
  const now = ports.clock.now()
  if (!ports.alarmTrust.topics.includes(envelope.TopicArn))
    throw new GridError('alarm.refused', `the topic ${envelope.TopicArn} is not on the list`)
  const sent = parseAlarm(StateTime, envelope.Timestamp)
  const age = (now.getTime() - Date.parse(sent)) / 1000
  if (age > ageSecondsMax || age < -aheadSecondsMax) throw refused(`it was sent at ${sent}`)
  if (!isCertificateUrl(envelope.SigningCertURL)) throw refused('its certificate is not one of SNS')
  const certificate = await ports.alarmTrust.certificate(envelope.SigningCertURL)
  if (!isSigned(envelope, certificate, now)) throw refused('its signature is wrong')
}

async function confirm(ports: SnsPorts, { SubscribeURL: url = '', TopicArn }: SnsEnvelope): Promise<void> {
  if (!isOfSns(url)) throw refused('its SubscribeURL is not one of SNS')
  await ports.alarmTrust.visit(url)
  ports.log.info('topic.confirmed', { topic: TopicArn })
}

const refused = (why: string): GridError => new GridError('auth.invalid', `the message is refused: ${why}`)
