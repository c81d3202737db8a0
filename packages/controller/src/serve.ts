import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

/** Longest wait for requests under way when it stops. */
const drainMsMax = 10_000

/** Serves an app; resolves once it listens. */
export function listen(app: Hono, hostname: string, port: number): Promise<Server> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, hostname, () => resolve(server))
  })
}

/** Takes no new request and lets those under way end. Connections without a request under way end at once. */
export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), drainMsMax)
    server.close(() => {
      clearTimeout(late)
      resolve()
    })
    server.closeIdleConnections()
  })
