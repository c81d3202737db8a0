import { SQSClient } from '@aws-sdk/client-sqs'
import { openTestCloud, type TestCloud } from '../aws/test-cloud.ts'
import { manualClock } from '../clock.ts'
import { type QueueAccess, queueAccess } from './queue-access.ts'

/** Queues of one test file, reached by the real SDK client, and the clock that they follow. */
export interface QueueWorld extends QueueAccess {
  clock: ReturnType<typeof manualClock>
  cloud: TestCloud
}

/** Opens a cloud for a test file; close it at the end. */
export async function openQueueWorld(): Promise<QueueWorld> {
  const clock = manualClock()
  const cloud = await openTestCloud({ clock })
  return { clock, cloud, ...queueAccess(new SQSClient(cloud.client)) }
}
