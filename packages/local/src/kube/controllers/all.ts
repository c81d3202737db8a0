import { daemonSetController } from './daemon-set.ts'
import { definitionController } from './definitions.ts'
import { deploymentController } from './deployment.ts'
import { disruptionBudgetController } from './disruption-budgets.ts'
import { endpointsController } from './endpoints.ts'
import { garbageCollector } from './garbage-collector.ts'
import { jobSetController } from './job-set.ts'
import { jobController } from './jobs.ts'
import { namespaceController } from './namespaces.ts'
import { nodeController } from './nodes.ts'
import { replicaSetController } from './replica-set.ts'
import type { Controller, ControllerContext } from './runner.ts'
import { schedulerController } from './scheduler.ts'
import { statefulSetController } from './stateful-set.ts'
import { volumeClaimController } from './volume-claims.ts'

/** Every controller of the cluster but the kubelets. */
export const controllersOf = (context: ControllerContext, authority: string): Controller[] => [
  definitionController(context),
  namespaceController(context, authority),
  nodeController(context),
  garbageCollector(context),
  deploymentController(context),
  replicaSetController(context),
  daemonSetController(context),
  statefulSetController(context),
  jobSetController(context),
  jobController(context),
  volumeClaimController(context),
  disruptionBudgetController(context),
  schedulerController(context),
  endpointsController(context),
]
