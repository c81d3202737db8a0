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
  /** The ports its use case may touch, spelled as in `functions/manifest.ts`. */
  ports: readonly string[]
  timeoutSeconds: number
  memoryMb: number
}

const recording = ['tasks.read', 'tasks.advance', 'clock', 'log']
const clusterState = ['clusters.read', 'clusters.system']
const looking = [...recording, 'kubeconfigs.open', 'infra.keyless']
const building = [...looking, 'infra']
const nodes = [...recording, 'clusters.read', 'controllers']
const onExecutor = [...recording, 'kubeconfigs.open', 'executorInfra']
const onSite = [...recording, 'kubeconfigs.open', 'executorInfra.keyless', 'executors.read', 'executors.write']
const onPool = [...nodes, 'actions.read']
const guarded = [...onPool, 'failoverSettings.read']
const marking = [...onPool, 'actions.nodes']
const inspecting = [...nodes, 'failoverSettings.read', 'instances']
const closing = ['tasks.read', 'tasks.finish', 'clock', 'log']

/** A step's function gives up before its state does, so that the failure has a name. */
const step = (name: string, ports: readonly string[], timeoutSeconds = 110): StepRow => ({
  name,
  ports,
  timeoutSeconds,
  memoryMb: 512,
})

const close = (name: string, ports: readonly string[] = []): StepRow =>
  step(name, [...closing, 'kubeconfigs.destroy', ...ports], 50)
const closeNode = (name: string): StepRow => step(name, [...closing, 'kubeconfigs.unheld'], 50)
const closeExecutor = (name: string): StepRow => close(name, ['executors.read', 'executors.write'])
const closeAction = (name: string): StepRow =>
  step(name, [...onPool, ...closing, 'kubeconfigs.unheld', 'actions.advance', 'notifications', 'counters.write'], 50)

export const workflows: readonly WorkflowRow[] = [
  {
    name: 'create-cluster-infra',
    steps: [
      step('checkCluster', [...looking, ...clusterState, 'clusters.dependants']),
      step('createNamespaces', building),
      step('grantAccess', building),
      step('installMetricsDatabase', building),
      step('checkMetricsDatabase', building),
      step('installMetricsWriter', building),
      step('installCollector', building),
      step('installController', building),
      step('exposeServices', building),
      step('checkServices', building),
      step('enrolController', looking),
      step('reachController', [...recording, ...clusterState, 'infra.keyless']),
      step('writeUrlMap', [...recording, ...clusterState, 'infraPlan.keyless']),
      close('completeTask', ['clusters.read']),
      step('undoObjects', looking),
      step('listLeftBehind', looking),
      close('cancelTask', clusterState),
      close('failTask', clusterState),
    ],
  },
  {
    name: 'remove-cluster-infra',
    steps: [
      step('checkRemoval', [...looking, ...clusterState, 'clusters.dependants']),
      step('removeObjects', looking),
      step('verifyRemoval', looking),
      step('clearUrlMap', [...recording, ...clusterState]),
      close('completeTask', ['clusters.read']),
      step('listLeftBehind', looking),
      close('cancelTask', clusterState),
      close('failTask', clusterState),
    ],
  },
  {
    name: 'join-node',
    steps: [
      step('awaitNode', nodes),
      step('labelNode', nodes),
      step('storeNode', [...recording, 'clusters.read', 'clusters.replace']),
      step('dropToken', nodes),
      closeNode('completeTask'),
      step('undoJoin', [...nodes, 'clusters.replace']),
      closeNode('cancelTask'),
      closeNode('failTask'),
    ],
  },
  {
    name: 'remove-node',
    steps: [
      step('checkNode', nodes),
      step('cordonNode', nodes),
      step('drainNode', nodes),
      step('removeKubernetesNode', nodes),
      step('forgetNode', [...nodes, 'clusters.replace']),
      closeNode('completeTask'),
      step('undoCordon', nodes),
      closeNode('cancelTask'),
      closeNode('failTask'),
    ],
  },
  {
    name: 'failover',
    steps: [
      step('preflight', [...guarded, 'actions.advance']),
      step('announce', onPool),
      step('inspectInstance', inspecting),
      step('cordonPool', marking),
      step('restartJobSet', guarded),
      step('proveRestarted', onPool),
      step('drainNode', guarded),
      step('repairNode', [...guarded, 'instances']),
      step('reconcileRepair', inspecting),
      step('verifyRepair', marking),
      step('uncordonPool', marking),
      closeAction('completeTask'),
      step('undoCordons', marking),
      closeAction('cancelTask'),
      closeAction('failTask'),
    ],
  },
  {
    name: 'create-executor-infra',
    steps: [
      step('checkExecutorSite', onSite),
      step('installExecutor', onExecutor),
      step('checkExecutor', onExecutor),
      step('recordExecutor', [...recording, 'executors.read', 'executors.write']),
      close('completeTask', ['executors.read']),
      step('undoObjects', looking),
      step('listLeftBehind', looking),
      closeExecutor('cancelTask'),
      closeExecutor('failTask'),
    ],
  },
  {
    name: 'remove-executor-infra',
    steps: [
      step('checkExecutorRemoval', onSite),
      step('removeObjects', looking),
      step('verifyRemoval', looking),
      step('clearExecutor', [...recording, 'executors.read', 'executors.write']),
      close('completeTask', ['executors.read']),
      step('listLeftBehind', looking),
      closeExecutor('cancelTask'),
      closeExecutor('failTask'),
    ],
  },
]

/** `create-cluster-infra`, `checkCluster` → `create-cluster-infra-check-cluster`: the function's name behind the stage's prefix. */
export const stepFunctionName = (workflow: string, step: string): string =>
  `${workflow}-${step.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
