import { JsonObject } from '@gridgate/core/json'
import { post } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { readInfraObjects } from '@gridgate/kube/read-infra'
import type { ControllerPorts } from '../controller-ports.ts'

/** Most objects that are asked for at once; an infrastructure has about 50. */
const referencesMax = 200

const Name = z.string().min(1).max(253)
const Reference = z.object({ apiVersion: Name, kind: Name, name: Name, namespace: Name.exactOptional() })

/** POST /infra/objects: what of this cluster's infrastructure is there, without the content of secrets. */
export const readObjects = endpoint(
  post('/infra/objects', {
    summary: "Read the objects of the cluster's infrastructure",
    access: 'service',
    body: z.object({ references: z.array(Reference).max(referencesMax) }),
    returns: z.object({ objects: z.array(JsonObject) }),
    errors: ['kube.forbidden', 'kube.unreachable'],
  }),
  async ({ kube, settings }: Pick<ControllerPorts, 'kube' | 'settings'>, { body }) => ({
    objects: await readInfraObjects(kube, settings.clusterId, body.references),
  }),
)
