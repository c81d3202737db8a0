import { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import type { AlarmEvent } from './alarm-event.ts'
import { parseEventBridge } from './parse-eventbridge.ts'
import { type Bringer, type Taken, type TakePorts, takeAlarms } from './take-alarms.ts'

/** Takes what EventBridge delivers. @throws {GridError} `alarm.refused` for an account or region off the list; as `takeAlarms` */
export const takeEventBridge = async (
  ports: TakePorts & Needs<'alarmTrust'>,
  body: unknown,
  from: Bringer,
): Promise<Taken> => takeAlarms(ports, readEventBridge(ports, body), from)

/** Reads an event of an account and region that are believed. @throws {GridError} `alarm.invalid`, `alarm.refused` */
export function readEventBridge(ports: Needs<'alarmTrust'>, body: unknown): AlarmEvent[] {
  const events = parseEventBridge(body)
  const { eventBridgeSources: allowed } = ports.alarmTrust
  const isAllowed = ({ account, region }: AlarmEvent): boolean =>
    allowed.length === 0 || allowed.includes(`${account}`) || allowed.includes(`${account}/${region}`)
  const stranger = events.find((event) => !isAllowed(event))
  if (stranger)
    throw new GridError('alarm.refused', `alarms of ${stranger.account} in ${stranger.region} are not on the list`)
  return events
}
