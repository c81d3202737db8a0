import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ingressPort } from '@gridgate/core/cluster/url-map'

/** Longest time for one forwarded request, in milliseconds. */
const forwardMsMax = 30_000

/** What the simulated cluster offers to the outside. */
export interface Exposed {
  endpointFor(nodePort: number): string | null
  routeFor(path: string): string | null
}

export interface Ingress {
  url: string
  stop(): Promise<void>
}

/**
 * Stands for everything that listens outside a cluster: its ingress and its node ports. Which of them is meant says the
 * port of the `Host` header, so that documented addresses such as `http://host:32000/controller` work on one loopback port.
 */
export async function startIngress(exposed: Exposed, port: number): Promise<Ingress> {
  const server = createServer((incoming, outgoing) => forward(exposed, incoming, outgoing))
  await listen(server, port).catch(() => listen(server, 0))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function forward(exposed: Exposed, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const path = incoming.url ?? '/'
  const wanted = Number(/:(\d+)$/.exec(incoming.headers.host ?? '')?.[1] ?? 80)
  const node = wanted === ingressPort ? null : exposed.endpointFor(wanted)
  const target = wanted === ingressPort ? exposed.routeFor(path) : node && node + path
  if (target === null) {
    outgoing.writeHead(503, { 'content-type': 'text/plain' }).end('nothing of the simulated cluster answers here\n')
    return
  }
  const outward = request(
    target,
    { method: incoming.method ?? 'GET', headers: incoming.headers, timeout: forwardMsMax },
    (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(outgoing)
    },
  )
  outward.on('timeout', () => outward.destroy(new Error('too slow')))
  outward.on('error', () => {
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(502).end()
  })
  incoming.pipe(outward)
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
