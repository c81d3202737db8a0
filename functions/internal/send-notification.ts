import { QueueEvent } from '@gridgate/core/alarm/receive-alarms'
import { sendNotifications } from '@gridgate/core/notification/send-notifications'
import { step } from '@gridgate/runtime/step'

/** Messages of the notification queue: tells each address what it wants to know. */
export const handler = step(QueueEvent, sendNotifications)
