import type { ActionPlan } from '@gridgate/core/action/action'
import type { Survey, SurveyNode } from '@gridgate/core/action/survey'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import type { GuardedAction, GuardReading } from '@gridgate/core/failover/guard-action'
import { HistoryEntry, NetworkEntry } from '@gridgate/core/failover/history'
import { networkDefault } from '@gridgate/core/failover/network'
import { settingsDefault } from '@gridgate/core/failover/settings'
import { TaskId } from '@gridgate/core/task/task'

/** When the tests of guards are. */
export const now = new Date('2030-01-01T12:00:00Z')
export const secondsAgo = (seconds: number, of = now): string => new Date(of.getTime() - seconds * 1000).toISOString()

export const west = ClusterId.parse('west-1')

/** A node of a pool, healthy and with accelerators unless said otherwise. */
export const surveyNode = (name: string, more: Partial<SurveyNode> = {}): SurveyNode => ({
  name,
  uid: `uid-${name}`,
  provider_id: null,
  boot_id: null,
  created_at: null,
  ready: true,
  ready_since: null,
  faults: [],
  unschedulable: false,
  cordoned_by: null,
  is_held: false,
  is_control_plane: false,
  accelerators: 8,
  region: null,
  repairer: null,
  ...more,
})

/** A pool `a` of so many nodes `n1`, `n2`, …, of which some are unlike the others, in a cluster of a hundred. */
export function survey(
  size: number,
  { nodes = {}, ...more }: Partial<Omit<Survey, 'nodes'>> & { nodes?: Record<string, Partial<SurveyNode>> } = {},
): Survey {
  return {
    pool: 'a',
    pool_label: 'pool',
    nodes: Array.from({ length: size }, (_, at) => surveyNode(`n${at + 1}`, nodes[`n${at + 1}`])),
    expected_nodes: { count: size },
    is_atomic: false,
    jobset: null,
    other_jobsets: [],
    blocking_budgets: [],
    has_controller: false,
    spare_nodes: 0,
    accelerator_nodes: { total: 100, unavailable: 0 },
    ...more,
  }
}

/** A plan for the first so many nodes of pool `a`, and the repair of one if it is named. */
export const plan = (cordoned: number, repaired: string | null = null): ActionPlan => ({
  pool: 'a',
  pool_label: 'pool',
  nodes: Array.from({ length: cordoned }, (_, at) => ({
    name: `n${at + 1}`,
    uid: `uid-n${at + 1}`,
    provider_id: null,
  })),
  jobset: null,
  pods: [],
  instance: repaired === null ? null : { node_name: repaired, uid: `uid-${repaired}`, provider_id: null },
})

/** An entry of both histories. */
export type Done = HistoryEntry & NetworkEntry

/** Something that was done before, by default the repair of `n1` of pool `a` by a person. */
export const entry = (seconds: number, more: Partial<Done> = {}): Done => ({
  action: TaskId.parse(`earlier-${seconds}`),
  at: secondsAgo(seconds),
  type: 'repair_nodepool',
  cluster_id: west,
  pool: 'a',
  jobset: null,
  cordoned: 0,
  repaired: 1,
  repairs: ['n1'],
  is_automatic: false,
  ...more,
})

/** What was read of a cluster whose alarms may act and on which these actions were done. */
export const reading = (entries: readonly Done[] = [], more: Partial<GuardReading> = {}): GuardReading => ({
  settings: { ...settingsDefault, mode: 'act' },
  network: networkDefault,
  window: { isInside: true, detail: 'no window denies it' },
  history: {
    cluster: {
      entries: entries.filter(({ cluster_id }) => cluster_id === west).map((each) => HistoryEntry.parse(each)),
    },
    network: {
      entries: entries.map((each) => NetworkEntry.parse(each)),
      accelerator_nodes: { 'east-1': { count: 900, at: secondsAgo(60) } },
    },
  },
  versions: { cluster: 0, network: 0 },
  open: new Set(),
  now,
  ...more,
})

/** The repair of `n2` in a pool of ten, asked for by a person. */
export const asked = (more: Partial<GuardedAction> = {}): GuardedAction => ({
  action: TaskId.parse('new'),
  clusterId: west,
  order: { type: 'repair_nodepool', ladder: [], force: false },
  plan: plan(0, 'n2'),
  survey: survey(10),
  role: 'cluster-manager',
  alarm: null,
  ...more,
})

/** The same, asked for by an alarm whose rule may act. */
export const alarmed = (more: Partial<GuardedAction> = {}): GuardedAction =>
  asked({ alarm: { mode: 'act' }, role: 'service', ...more })
