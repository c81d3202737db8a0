import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, type LookupFunction, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { AddressGuard } from '@gridgate/core/address-guard'
import { GridError } from '@gridgate/core/errors'
import type { Agents } from './send-request.ts'
import { connectTimeout } from './unsent.ts'

/** Resolves a name to all of its addresses. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>

export interface AgentOptions {
  guard: AddressGuard
  /** How names are resolved; the system's way unless a test or the local server gives another. */
  resolve?: Resolve
  /** Certificates to trust beside the system's. */
  ca?: string
}

const connectMsMax = 5_000
const idleMsMax = 10_000
const connectionsMax = 16

/** Agents with a way to end their connections. */
export interface GuardedAgents extends Agents {
  destroy(): void
}

/**
 * Agents that connect to nothing that the guard refuses. The check is made on the addresses that this very connection
 * uses: a name is resolved once per connection, and what came back is checked and connected to, so a resolver that
 * answers differently the next time gains nothing.
 */
export function guardedAgents({ guard, resolve = resolveBySystem, ca }: AgentOptions): GuardedAgents {
  const options = { keepAlive: true, maxSockets: connectionsMax, timeout: idleMsMax }
  const plain = new HttpAgent(options)
  const secure = new HttpsAgent({ ...options, ...(ca === undefined ? {} : { ca }) })
  for (const agent of [plain, secure]) guardConnections(agent, guard, resolve)
  return {
    plain,
    secure,
    destroy() {
      plain.destroy()
      secure.destroy()
    },
  }
}

function guardConnections(agent: HttpAgent, guard: AddressGuard, resolve: Resolve): void {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const host = options.host ?? ''
    const port = Number(options.port)
    const why = isIP(host) === 0 ? null : guard.refusal(host, port)
    if (why) {
      done?.(refused(host, why), new Socket())
      return null
    }
    const lookup: LookupFunction = (hostname, { all }, found) => {
      resolveAllowed(guard, resolve, hostname, port).then(
        (addresses) => {
          const [first] = addresses
          if (all) found(null, addresses)
          else found(null, first?.address ?? '', first?.family)
        },
        (error: NodeJS.ErrnoException) => found(error, []),
      )
    }
    const socket = connect({ ...options, lookup }, done)
    if (socket instanceof Socket) endIfLate(socket)
    return socket
  }
}

/** Ends a connection that is not made in time. */
function endIfLate(socket: Socket): void {
  const late = (): void => {
    socket.destroy(Object.assign(new Error('the connection was not made in time'), { code: connectTimeout }))
  }
  const timer = setTimeout(late, connectMsMax)
  const ready = socket instanceof TLSSocket ? 'secureConnect' : 'connect'
  for (const event of [ready, 'close']) socket.once(event, () => clearTimeout(timer))
}

/** The addresses of a name that may be connected to. @throws {GridError} `address.refused` when there are none */
async function resolveAllowed(
  guard: AddressGuard,
  resolve: Resolve,
  hostname: string,
  port: number,
): Promise<LookupAddress[]> {
  const found = await resolve(hostname)
  const judged = found.map((address) => ({ address, why: guard.refusal(address.address, port) }))
  const allowed = judged.flatMap(({ address, why }) => (why === null ? [address] : []))
  if (allowed.length > 0) return allowed
  throw refused(hostname, judged[0]?.why ?? 'it has no address')
}

/** Says nothing of the address behind a name, which a caller need not learn. */
export const refused = (hostname: string, why: string): GridError =>
  new GridError('address.refused', `${hostname} may not be called: ${why}`)

const resolveBySystem: Resolve = (hostname) =>
  new Promise((done, fail) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? fail(error) : done(addresses)))
  })
