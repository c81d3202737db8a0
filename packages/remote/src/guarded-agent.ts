import { type LookupAddress, lookup as systemLookup } from 'node:dns'
import { isIP } from 'node:net'
import type { AddressGuard } from '@gridgate/core/address-guard'
import { GridError } from '@gridgate/core/errors'
import { Agent, buildConnector } from 'undici'

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

/**
 * An agent that connects to nothing that the guard refuses. The check is made on the addresses that this very connection
 * uses: a name is resolved once per connection, and what came back is checked and connected to, so a resolver that
 * answers differently the next time gains nothing.
 */
export function guardedAgent({ guard, resolve = resolveBySystem, ca }: AgentOptions): Agent {
  const connectTo = (port: number): buildConnector.connector =>
    buildConnector({
      timeout: connectMsMax,
      ...(ca === undefined ? {} : { ca }),
      lookup: (hostname, options, done) => {
        resolveAllowed(guard, resolve, hostname, port).then(
          (addresses) => {
            const [first] = addresses
            if (options.all) done(null, addresses)
            else done(null, first?.address ?? '', first?.family)
          },
          (error: NodeJS.ErrnoException) => done(error, []),
        )
      },
    })
  return new Agent({
    connections: connectionsMax,
    keepAliveTimeout: idleMsMax,
    connect(options, done) {
      const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
      const why = isIP(options.hostname) === 0 ? null : guard.refusal(options.hostname, port)
      if (why) done(refused(options.hostname, why), null)
      else connectTo(port)(options, done)
    },
  })
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
