import { sweepTasks } from '@gridgate/core/task/sweep-tasks'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

/** On a schedule: finds tasks that nothing works on, starts or fails them. The event says nothing that matters. */
export const handler = step(z.unknown(), sweepTasks)
