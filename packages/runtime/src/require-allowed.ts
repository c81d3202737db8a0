import type { AddressGuard } from '@gridgate/core/address-guard'
import { GridError } from '@gridgate/core/errors'

/** Refuses an address that may not be called (spec/decisions.md 8). @throws {GridError} `address.refused` */
export function requireAllowed(guard: AddressGuard, url: URL, address: string, port: number): void {
  const why = guard.refusal(address, port)
  if (why !== null) throw new GridError('address.refused', `${url.hostname} may not be called: ${why}`)
}
