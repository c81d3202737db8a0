import { TaskId } from '@gridgate/core/task/task'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { recordEvents } from '@gridgate/kube/failover/record-events'
import type { ControllerPorts } from '../controller-ports.ts'
import { Name, Uid } from './failover-order.ts'

/** Most events of one call; a larger pool is told of in several. */
const eventsMax = 500
/** Longest message, in characters; Kubernetes keeps 1,024 of them. */
const messageCharactersMax = 4096

const Note = z.object({
  kind: z.enum(['Node', 'JobSet']),
  namespace: Name.nullable().default(null).describe('of a JobSet'),
  name: Name,
  uid: Uid,
  type: z.enum(['Normal', 'Warning']),
  reason: z.string().regex(/^[A-Za-z]{1,128}$/),
  message: z.string().max(messageCharactersMax),
})
const isPlaced = ({ kind, namespace }: z.infer<typeof Note>): boolean => kind === 'Node' || namespace !== null

/** POST /failover/events: says in Kubernetes what an action does; said again, it makes no second event. */
export const writeEvents = endpoint(
  post('/failover/events', {
    summary: 'Write the events of a failover action',
    access: 'service',
    body: z.object({
      action: TaskId,
      events: z.array(Note.refine(isPlaced, 'a JobSet is in a namespace')).max(eventsMax),
    }),
    returns: z.object({ recorded: z.number().int().describe('how many are new') }),
  }),
  async ({ kube, clock, log }: Pick<ControllerPorts, 'kube' | 'clock' | 'log'>, { body }) => {
    const recorded = await recordEvents(kube, body.action, body.events, clock.now())
    log.info('events.recorded', { taskId: body.action, recorded, asked: body.events.length })
    return { recorded }
  },
)
