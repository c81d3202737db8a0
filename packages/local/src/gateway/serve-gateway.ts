import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { GridError } from '@gridgate/core/errors'
import type { Ports } from '@gridgate/core/ports'
import type { Endpoint } from '@gridgate/http/endpoint'
import { problem } from '@gridgate/http/problem'
import { Hono } from 'hono'
import { endpoints as rows } from '../../../../functions/manifest.ts'
import { notFound } from '../../../../functions/system/not-found.ts'
import { loadEndpoints } from './endpoints.ts'
import { type Answer, httpServer } from './http-server.ts'
import { PortTaken } from './port-taken.ts'

/** A stopping server lets requests that run come to their end for so long, in milliseconds. */
const drainMsMax = 1000

export interface Gateway {
  url: string
  /** Answers with all endpoints from now on. */
  serve(portsOf: PortsOf): Promise<void>
  stop(): Promise<void>
}

/** The ports of one endpoint, by its name in the manifest: each has its own, as functions have. */
export type PortsOf = (name: string) => Ports

/** All endpoints in one application, each through the same app that its function wraps. */
export async function gatewayApp(portsOf: PortsOf): Promise<Hono> {
  const app = new Hono()
  for (const [index, endpoint] of (await loadEndpoints()).entries())
    app.route('/', endpoint.app(portsOf(rows[index]?.name ?? '')))
  return app.route('/', (notFound as Endpoint).app(portsOf('system/not-found')))
}

/**
 * Listens at once, so that a taken port is told before anything else starts; answers 503 until it is told what to serve.
 * @throws {PortTaken}
 */
export async function openGateway(options: { host: string; port: number }): Promise<Gateway> {
  let answer: Answer = starting
  const server = httpServer((request, env) => answer(request, env))
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    async serve(portsOf) {
      const app = await gatewayApp(portsOf)
      answer = (request, env) => app.fetch(request, env)
    },
    stop: () => stop(server),
  }
}

const starting: Answer = () =>
  problem(new GridError('service.unavailable', 'the server is starting', { retryAfterSeconds: 1 }), randomUUID())

const whyNoPort: Record<string, string> = {
  EADDRINUSE: 'is taken; choose another with --port N, or --port 0 for any free one',
  EACCES: 'is for administrators; choose another with --port N',
  EADDRNOTAVAIL: 'cannot be listened on: this machine has no such address; choose another with --host ADDR',
  ENOTFOUND: 'cannot be listened on: there is no such host; choose another with --host ADDR',
  EAI_AGAIN: 'cannot be listened on: the name of the host is not found now; choose another with --host ADDR',
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = whyNoPort[error.code ?? '']
      reject(why === undefined ? error : new PortTaken(`port ${port} on ${host} ${why}`))
    })
    server.listen(port, host, resolve)
  })
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), drainMsMax)
  await closed
  clearTimeout(timer)
}
