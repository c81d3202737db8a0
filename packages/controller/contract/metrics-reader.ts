import { appsOf } from '@gridgate/controller/apps'
import type { ControllerPorts } from '@gridgate/controller/controller-ports'
import type { MetricsDatabase } from '@gridgate/controller/metrics/database'
import { keepLatest } from '@gridgate/controller/metrics/latest'
import { measurements } from '@gridgate/controller/system/measurements'
import { type ControllerClient, controllerAddress } from '@gridgate/core/controller/controller-client'
import { GridError } from '@gridgate/core/errors'
import type { EdgePorts } from '@gridgate/http/endpoint'
import type { Answer } from '../../kube/contract/client.ts'
import { at, clusterId } from './metrics-nodes.ts'

export type Asked = Pick<Answer, 'status' | 'body'>

/** The clock stands still, so nothing new is ever due. */
const never = (): Promise<void> => new Promise(() => undefined)

/** The ports of a metrics reader on a database, with a signed caller and the clock standing still. */
export function readerPorts(
  database: MetricsDatabase,
  now = new Date(at * 1000),
  pause: () => Promise<void> = never,
): ControllerPorts & EdgePorts {
  const asked = { clusterId, collectIntervalSeconds: 30, metricsDatabaseUrl: 'http://127.0.0.1:1' }
  const settings = asked as ControllerPorts['settings']
  const clock = { now: () => now }
  return {
    settings,
    database,
    latest: keepLatest({ settings, database, clock }, { pause }),
    clock,
    ids: { next: () => 'request-1' },
    log: { info() {}, warn() {}, error() {} },
    authenticator: { identify: async () => ({ id: 'gateway', role: 'service', clusters: [clusterId] }) },
    idempotency: { once: (_scope, _fingerprint, work) => work() },
    identity: () => null,
    isReady: () => true,
    measurements: measurements([]),
    // What the reader has no share in.
    ...({} as Pick<ControllerPorts, 'kube' | 'tokens' | 'scanner'>),
  }
}

/** Asks the reader's app as the gateway does. */
export function readerOn(database: MetricsDatabase, now?: Date) {
  const [[, app]] = appsOf('metrics-reader', readerPorts(database, now)) as ReturnType<typeof appsOf> as [
    ReturnType<typeof appsOf>[number],
  ]
  return async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<Asked> => {
    const reply = await app.request(path, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    return { status: reply.status, body: await reply.json() }
  }
}

/** The gateway's way to that reader, without the network between. */
export function controllersOn(database: MetricsDatabase, now?: Date): ControllerClient {
  const ask = readerOn(database, now)
  return {
    async call(stored, { part, method, path, body }) {
      controllerAddress(stored, part)
      const reply = await ask(method as 'GET' | 'POST', path, body)
      if (reply.status === 200) return reply.body.data
      throw new GridError(reply.body.code, reply.body.detail, { details: reply.body.details })
    },
  }
}
