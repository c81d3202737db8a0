import { sweepCordons } from '@gridgate/core/action/sweep-cordons'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

/** On a schedule: finds cordons that have outlived their task, and tells of them. The event says nothing that matters. */
export const handler = step(z.unknown(), sweepCordons)
