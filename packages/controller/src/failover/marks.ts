import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { collect } from '@gridgate/kube/collect'
import { kinds } from '@gridgate/kube/kinds'
import { cordonHolder, isCordoned, isHeld } from '@gridgate/kube/nodes'
import type { ControllerPorts } from '../controller-ports.ts'

const Marked = z.object({
  name: z.string(),
  uid: z.string(),
  cordoned_by: z.string().describe('the task whose mark it carries'),
  is_held: z.boolean(),
})

/** GET /failover/marks: every node whose cordon carries a mark of the gateway's tasks. */
export const listMarks = endpoint(
  get('/failover/marks', {
    summary: 'List the nodes that tasks keep closed',
    access: 'service',
    returns: z.object({ nodes: z.array(Marked) }),
  }),
  async ({ kube }: Pick<ControllerPorts, 'kube'>) => ({
    nodes: await collect(kube, kinds.node, {}, (node): z.infer<typeof Marked> | null => {
      const cordoned_by = cordonHolder(node)
      if (!isCordoned(node) || cordoned_by === null) return null
      const { name, uid = '' } = node.metadata
      return { name, uid, cordoned_by, is_held: isHeld(node) }
    }),
  }),
)
