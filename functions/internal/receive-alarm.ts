import type { RequestPorts } from '@gridgate/core/action/request-action'
import { openDesk } from '@gridgate/core/alarm/action-desk'
import type { HandlePorts } from '@gridgate/core/alarm/handle-alarm'
import { QueueEvent, receiveAlarms } from '@gridgate/core/alarm/receive-alarms'
import type { Needs } from '@gridgate/core/ports'
import { step } from '@gridgate/runtime/step'

type AlarmPorts = HandlePorts & RequestPorts & Needs<'alarmTrust' | 'audit'>

/** Messages of the alarm queue: asks the rules what follows from each, and does it. */
export const handler = step(QueueEvent, (ports: AlarmPorts, event) =>
  receiveAlarms<AlarmPorts>(ports, event, openDesk('receive-alarm')),
)
