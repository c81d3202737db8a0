/**
 * Every workflow as plain data: what the deployment, the local server and the tests read. A workflow's folder holds
 * `workflow.asl.json` (JSONata; `${name}` holes for function ARNs) and `steps.ts` with one export per Task state.
 */
export interface WorkflowRow {
  /** Name of the folder and, behind the stage's prefix, of the state machine. */
  name: string
  steps: readonly StepRow[]
}

/** One Task state: its function. */
export interface StepRow {
  /** Name of the hole in the definition and of the export in `steps.ts`: the state's name in camelCase. */
  name: string
  /** The ports its use case may touch. */
  ports: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

const recording = ['tasks', 'clock', 'log']
const building = [...recording, 'kubeconfigs', 'infra']
const nodes = [...recording, 'clusters', 'controllers']
const onExecutor = [...recording, 'kubeconfigs', 'executorInfra']
const onPool = [...nodes, 'actions']
const repairing = [...onPool, 'failoverSettings', 'instances']
const closing = [...recording, 'kubeconfigs', 'clusters']

/** A step's function gives up before its state does, so that the failure has a name. */
const step = (name: string, ports: readonly string[], timeoutSeconds = 110): StepRow => ({
  name,
  ports,
  timeoutSeconds,
  memoryMb: 512,
})

const close = (name: string): StepRow => step(name, closing, 50)
const closeExecutor = (name: string): StepRow => step(name, [...recording, 'kubeconfigs', 'executors'], 50)
const closeAction = (name: string): StepRow => step(name, [...onPool, 'kubeconfigs', 'notifications', 'counters'], 50)

export const workflows: readonly WorkflowRow[] = [
  {
    name: 'create-cluster-infra',
    steps: [
      step('checkCluster', [...building, 'clusters']),
      step('createNamespaces', building),
      step('grantAccess', building),
      step('installMetricsDatabase', building),
      step('checkMetricsDatabase', building),
      step('installMetricsWriter', building),
      step('installCollector', building),
      step('installController', building),
      step('exposeServices', building),
      step('checkServices', building),
      step('enrolController', building),
      step('reachController', [...recording, 'clusters', 'infra']),
      step('writeUrlMap', [...recording, 'clusters', 'infraPlan']),
      close('completeTask'),
      step('undoObjects', building),
      step('listLeftBehind', building),
      close('cancelTask'),
      close('failTask'),
    ],
  },
  {
    name: 'remove-cluster-infra',
    steps: [
      step('checkRemoval', [...building, 'clusters']),
      step('removeObjects', building),
      step('verifyRemoval', building),
      step('clearUrlMap', [...recording, 'clusters']),
      close('completeTask'),
      step('listLeftBehind', building),
      close('cancelTask'),
      close('failTask'),
    ],
  },
  {
    name: 'join-node',
    steps: [
      step('awaitNode', nodes),
      step('labelNode', nodes),
      step('storeNode', nodes),
      step('dropToken', nodes),
      close('completeTask'),
      step('undoJoin', nodes),
      close('cancelTask'),
      close('failTask'),
    ],
  },
  {
    name: 'remove-node',
    steps: [
      step('checkNode', nodes),
      step('cordonNode', nodes),
      step('drainNode', nodes),
      step('removeKubernetesNode', nodes),
      step('forgetNode', nodes),
      close('completeTask'),
      step('undoCordon', nodes),
      close('cancelTask'),
      close('failTask'),
    ],
  },
  {
    name: 'failover',
    steps: [
      step('preflight', [...onPool, 'failoverSettings']),
      step('announce', onPool),
      step('inspectInstance', repairing),
      step('cordonPool', onPool),
      step('restartJobSet', [...onPool, 'failoverSettings']),
      step('proveRestarted', onPool),
      step('drainNode', [...onPool, 'failoverSettings']),
      step('repairNode', repairing),
      step('reconcileRepair', repairing),
      step('verifyRepair', onPool),
      step('uncordonPool', onPool),
      closeAction('completeTask'),
      step('undoCordons', onPool),
      closeAction('cancelTask'),
      closeAction('failTask'),
    ],
  },
  {
    name: 'create-executor-infra',
    steps: [
      step('checkExecutorSite', [...onExecutor, 'executors']),
      step('installExecutor', onExecutor),
      step('checkExecutor', onExecutor),
      step('recordExecutor', [...recording, 'executors']),
      closeExecutor('completeTask'),
      step('undoObjects', building),
      step('listLeftBehind', building),
      closeExecutor('cancelTask'),
      closeExecutor('failTask'),
    ],
  },
  {
    name: 'remove-executor-infra',
    steps: [
      step('checkExecutorRemoval', [...onExecutor, 'executors']),
      step('removeObjects', building),
      step('verifyRemoval', building),
      step('clearExecutor', [...recording, 'executors']),
      closeExecutor('completeTask'),
      step('listLeftBehind', building),
      closeExecutor('cancelTask'),
      closeExecutor('failTask'),
    ],
  },
]

/** `create-cluster-infra`, `checkCluster` → `create-cluster-infra-check-cluster`: the function's name behind the stage's prefix. */
export const stepFunctionName = (workflow: string, step: string): string =>
  `${workflow}-${step.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
