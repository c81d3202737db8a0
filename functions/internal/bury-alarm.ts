import { buryAlarms } from '@gridgate/core/alarm/dead-letters'
import { QueueEvent } from '@gridgate/core/alarm/receive-alarms'
import { step } from '@gridgate/runtime/step'

/** Messages that the alarm queue gave up: keeps them where people look. */
export const handler = step(QueueEvent, buryAlarms)
