import type { RequestPorts } from '@gridgate/core/action/request-action'
import { openDesk } from '@gridgate/core/alarm/action-desk'
import type { HandlePorts } from '@gridgate/core/alarm/handle-alarm'
import { sweepAlarms } from '@gridgate/core/alarm/sweep-alarms'
import type { Needs } from '@gridgate/core/ports'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

type AlarmPorts = HandlePorts & RequestPorts & Needs<'audit'>

/** On a schedule: looks again at alarms whose time has come. The event says nothing that matters. */
export const handler = step(z.unknown(), (ports: AlarmPorts) =>
  sweepAlarms<AlarmPorts>(ports, openDesk('sweep-alarms')),
)
