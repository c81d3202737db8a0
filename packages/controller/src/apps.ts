import type { EdgePorts, Endpoint } from '@gridgate/http/endpoint'
import { fallback } from '@gridgate/http/fallback'
import { ports } from '@gridgate/kube/components/names'
import { Hono } from 'hono'
import type { ControllerPorts } from './controller-ports.ts'
import { readIdentity } from './identity/read.ts'
import { rotateKey } from './identity/rotate.ts'
import { readObjects } from './infra/objects.ts'
import { readCluster } from './metrics/cluster.ts'
import { readNode } from './metrics/node.ts'
import { queryMetrics } from './metrics/query.ts'
import { pageNodes, queryNodes } from './metrics/query-nodes.ts'
import { readHealth } from './system/health.ts'
import { readReadiness } from './system/ready.ts'
import { readUrlMap } from './system/url-map.ts'

/** What a container of the controller's pod does (packages/kube/src/components/controller.ts, `args`). */
export const roles = ['controller', 'metrics-reader'] as const
export type ControllerRole = (typeof roles)[number]

type Served = Endpoint<ControllerPorts>

/** Answers on every port. */
const everywhere = [readHealth, readReadiness] as const

/** What each role answers, by documented port (spec/decisions.md 51). */
const endpoints: Record<ControllerRole, Record<number, readonly unknown[]>> = {
  controller: {
    [ports.controller]: [readIdentity, rotateKey, readUrlMap, readObjects],
    [ports.blocks]: [],
    [ports.management]: [],
  },
  'metrics-reader': {
    [ports.metrics]: [readCluster, readNode, queryNodes, pageNodes, queryMetrics],
  },
}

/** The apps of a role, by documented port: the endpoints of the port, and one answer for everything else. */
export function appsOf(role: ControllerRole, given: ControllerPorts & EdgePorts): [port: number, app: Hono][] {
  return Object.entries(endpoints[role]).map(([port, own]) => {
    const served = [...everywhere, ...own] as Served[]
    const callables = served.flatMap(({ route }) => [route, ...route.aliases])
    const app = new Hono()
    for (const one of [...served, fallback(callables) as Served]) app.route('/', one.app(given))
    return [Number(port), app]
  })
}
