import { closedDesk } from '@gridgate/core/alarm/action-desk'
import type { HandlePorts } from '@gridgate/core/alarm/handle-alarm'
import { QueueEvent, receiveAlarms } from '@gridgate/core/alarm/receive-alarms'
import type { Needs } from '@gridgate/core/ports'
import { step } from '@gridgate/runtime/step'

/** Messages of the alarm queue: asks the rules what follows from each, and does it. */
export const handler = step(QueueEvent, (ports: HandlePorts & Needs<'alarmTrust'>, event) =>
  receiveAlarms(ports, event, closedDesk),
)
