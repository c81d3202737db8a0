import { QueueEvent } from '@gridgate/core/alarm/receive-alarms'
import { buryNotifications } from '@gridgate/core/notification/send-notifications'
import { step } from '@gridgate/runtime/step'

/** Messages that the notification queue gave up. */
export const handler = step(QueueEvent, buryNotifications)
