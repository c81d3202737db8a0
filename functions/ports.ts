// The ports that kinds of work need, for the rows of the manifests; see manifest.ts for how they are spelled.

/** What runs a policy: its code and its context are looked up, what it makes of the context is kept. */
const runningPorts = ['policyMaps.read', 'policies.read', 'policyContexts', 'log']
export const preCheckPorts = [...runningPorts, 'engine.decide', 'decisions.write', 'clock', 'ids']

export const trialPorts = [
  ...['clusters.read', 'summaries.read', 'policyMaps.read', 'policies.read', 'policyContexts.read'],
  ...['engine.decide', 'clock', 'ids', 'log'],
]
export const policyCommandPorts = ['clusters.read', ...runningPorts, 'engine.local']
export const nodePorts = [
  'clusters.read',
  'clusters.replace',
  'controllers',
  'summaries.read',
  'trail',
  ...preCheckPorts,
]
export const taskPorts = (workflow: string): string[] => ['tasks.create', `workflows.start:${workflow}`]
export const nodeTaskPorts = (workflow: string): string[] => [
  ...[...taskPorts(workflow), 'clusters.read', 'controllers', 'summaries.read'],
  ...preCheckPorts,
]
export const infraPorts = (workflow: string): string[] => [
  ...[...taskPorts(workflow), 'clusters.read', 'clusters.dependants', 'kubeconfigs.put', 'kubeconfigs.destroy'],
  'kubeconfigReader',
  ...preCheckPorts,
]

export const actionPorts = [
  ...[
    'tasks.read',
    'workflows.start:failover',
    'actions.read',
    'actions.begin',
    'clusters.read',
    'clusters.list',
    'controllers',
    'failoverSettings.read',
  ],
  ...['histories', 'calendar', 'summaries.read', 'notifications', 'counters.write'],
  ...preCheckPorts,
]

export const intakePorts = ['alarms.read', 'alarms.receive', 'alarmQueue', 'clock', 'log']
export const rulePorts = ['clusters.read', 'trail']
