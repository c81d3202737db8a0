import { describe, inject } from 'vitest'
import type { ContractCluster } from '../../packages/kube/contract/client.ts'
import type { ControlPlane } from './control-plane/start-control-plane.ts'

/** The control plane of this run, as data. */
export type RealCluster = Omit<ControlPlane, 'stop'>

declare module 'vitest' {
  interface ProvidedContext {
    cluster: RealCluster
  }
}

/** The one control plane of this run. It is shared: stopping it here does nothing. */
export const realCluster = (): RealCluster & ContractCluster => ({ ...inject('cluster'), stop: async () => {} })

/** A suite that needs pods, garbage collection or the removal of namespaces; skipped where only the API server runs. */
export const describeWithControllers = describe.runIf(inject('cluster').hasControllers)
