import { applyAll } from '@gridgate/kube/apply'
import { expect } from 'vitest'
import { startSignedController, type TestController } from '../../packages/controller/test/test-controller.ts'
import type { Answer, Client } from '../../packages/kube/contract/client.ts'
import {
  adapterOf,
  kubeconfigOf,
  labelled,
  objectsOfInfra,
  plainClient,
  removeAll,
  tokenOf,
  untilAllowed,
} from './installation.ts'
import { realCluster } from './real-cluster.ts'

/** The cluster's id that `startSignedController` answers for. */
const id = 'west-1'
const nodes = '/api/v1/nodes'

/** A controller in this process under the very account and rights that infra creation gives it. */
export interface OwnController extends Omit<TestController, 'cluster'> {
  plain: Client
  /** Registers a node, which KWOK then plays, and waits until it is ready. */
  join(node: { metadata: { name: string } }): Promise<void>
  /** Takes away what it was given, and the objects at these paths. */
  end(paths: readonly string[]): Promise<void>
}

export async function startOwnController(): Promise<OwnController> {
  const admin = adapterOf(realCluster().kubeconfig)
  const plain = plainClient()
  const workloads = ['Deployment', 'DaemonSet']
  const needed = objectsOfInfra(id, { kind: 'node-port' }).filter(({ kind }) => !workloads.includes(kind))
  await applyAll(admin, id, needed)
  const { url, ca } = realCluster()
  const token = await tokenOf(plain, 'controllers', 'gridgate-controller')
  const own = adapterOf(kubeconfigOf(realCluster(), token))
  await untilAllowed(own, { verb: 'list', group: '', resource: 'nodes' })
  own.close()
  const controller = await startSignedController({ url, ca, token })
  return {
    ...controller,
    plain,
    async join(node) {
      expect((await plain.post(nodes, node)).status).toBe(201)
      await plain.until(`${nodes}/${node.metadata.name}`, isReady)
    },
    async end(paths) {
      await controller.stop()
      for (const path of paths) await plain.remove(path)
      await removeAll(admin, id)
      expect(await labelled(plain, admin, id)).toEqual([])
      admin.close()
      plain.close()
    },
  }
}

const isReady = ({ body }: Answer): boolean =>
  body.status?.conditions?.some(({ type, status }: Record<string, string>) => type === 'Ready' && status === 'True')
