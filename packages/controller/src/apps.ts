import type { EdgePorts, Endpoint } from '@gridgate/http/endpoint'
import { fallback } from '@gridgate/http/fallback'
import { ports } from '@gridgate/kube/components/names'
import { Hono } from 'hono'
import { readCluster } from './cluster/read.ts'
import type { ControllerPorts } from './controller-ports.ts'
import { cordonPool } from './failover/cordon.ts'
import { drainPool } from './failover/drain.ts'
import { writeEvents } from './failover/events.ts'
import { askInstance } from './failover/instance.ts'
import { listMarks } from './failover/marks.ts'
import { restart } from './failover/restart.ts'
import { readSurvey } from './failover/survey.ts'
import { uncordonPool } from './failover/uncordon.ts'
import { readRestart } from './failover/watch-restart.ts'
import { readIdentity } from './identity/read.ts'
import { rotateKey } from './identity/rotate.ts'
import { readObjects } from './infra/objects.ts'
import { showClusterMetrics } from './metrics/cluster.ts'
import { showNodeMetrics } from './metrics/node.ts'
import { queryMetrics } from './metrics/query.ts'
import { pageNodes, queryNodes } from './metrics/query-nodes.ts'
import { addNode } from './node/add.ts'
import { cordon } from './node/cordon.ts'
import { deleteNode } from './node/delete.ts'
import { drain } from './node/drain.ts'
import { listHealthyNodes } from './node/healthy.ts'
import { endJoinToken } from './node/join-token-end.ts'
import { issueJoinToken } from './node/join-token-issue.ts'
import { listNodes } from './node/list.ts'
import { readNode } from './node/read.ts'
import { removeDrainedNode } from './node/remove.ts'
import { readNodesStatus } from './node/status.ts'
import { uncordon } from './node/uncordon.ts'
import { listFailedPods } from './pod/list-failed.ts'
import { readHealth } from './system/health.ts'
import { readMetrics } from './system/metrics.ts'
import { readReadiness } from './system/ready.ts'
import { readUrlMap } from './system/url-map.ts'

/** What a container of the controller's pod does (packages/kube/src/components/controller.ts, `args`). */
export const roles = ['controller', 'metrics-reader'] as const
export type ControllerRole = (typeof roles)[number]

type Served = Endpoint<ControllerPorts>

/** Answers on every port. */
const everywhere = [readHealth, readReadiness, readMetrics] as const

const nodes = [listNodes, readNode, addNode, removeDrainedNode, cordon, uncordon, drain, deleteNode] as const
const joins = [issueJoinToken, endJoinToken] as const
const failover = [
  readSurvey,
  cordonPool,
  uncordonPool,
  drainPool,
  restart,
  readRestart,
  writeEvents,
  askInstance,
  listMarks,
] as const
const health = [readCluster, listHealthyNodes, readNodesStatus, listFailedPods] as const

/** What each role answers, by documented port (spec/decisions.md 51). */
const endpoints: Record<ControllerRole, Record<number, readonly unknown[]>> = {
  controller: {
    [ports.controller]: [readIdentity, rotateKey, readUrlMap, readObjects, ...nodes, ...joins, ...health, ...failover],
    [ports.blocks]: [],
    [ports.management]: [],
  },
  'metrics-reader': {
    [ports.metrics]: [showClusterMetrics, showNodeMetrics, queryNodes, pageNodes, queryMetrics],
  },
}

/** The apps of a role, by documented port: the endpoints of the port, and one answer for everything else. */
export function appsOf(role: ControllerRole, given: ControllerPorts & EdgePorts): [port: number, app: Hono][] {
  return Object.entries(endpoints[role]).map(([port, own]) => {
    const served = [...everywhere, ...own] as Served[]
    const callables = served.flatMap(({ route }) => [route, ...route.aliases])
    const app = new Hono().use('*', given.measurements.middleware)
    for (const one of [...served, fallback(callables) as Served]) app.route('/', one.app(given))
    return [Number(port), app]
  })
}
