import type { AddressGuard } from '@gridgate/core/address-guard'
import ipaddr from 'ipaddr.js'

/** What may be called beside the public internet (spec/decisions.md 8). */
export interface OutboundRules {
  /** Private ranges that may be called, as CIDRs. */
  allow: readonly string[]
  /** Our own parts on loopback, as `address:port`. */
  local: readonly string[]
}

/** Ranges that a CIDR list can open; everything else that is not public stays closed. */
const openable: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat'])

/** Addresses at which clouds answer with credentials or machine settings; no list opens them. */
const metadata: readonly string[] = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
]

/** Addresses for documentation (RFC 5737, RFC 3849): nothing answers there, and the documented samples name them. */
const documentation: readonly string[] = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32']

/** All of IPv6 that is given out as public addresses (RFC 4291 §2.4). */
const globalUnicast = '2000::/3'

/**
 * Says which addresses may be connected to: public ones, private ones inside the list, and our own parts on loopback.
 * IPv4 inside IPv6 is judged as the IPv4 address that it is; translated forms (NAT64, 6to4, Teredo) are refused.
 * @throws {Error} for a list with something that is no CIDR
 */
export function openAddressGuard({ allow, local }: OutboundRules): AddressGuard {
  const allowed = allow.map(parseCidr)
  const own = new Set(local)
  // Read here and not above: most functions have a guard and never make a call.
  const [closed, shown, unicast] = [metadata.map(parseCidr), documentation.map(parseCidr), parseCidr(globalUnicast)]
  const isPublic = (address: Address, range: string): boolean =>
    range === 'unicast' && (address.kind() === 'ipv4' || contains(unicast, address))
  return {
    refusal(text, port) {
      if (!ipaddr.isValid(text)) return 'it is not an IP address'
      const address = ipaddr.process(text)
      const range = address.range()
      if (range === 'loopback') return own.has(`${address.toString()}:${port}`) ? null : 'it is a loopback address'
      if (closed.some((cidr) => contains(cidr, address))) return 'it is a metadata or link-local address'
      if (isPublic(address, range) || shown.some((cidr) => contains(cidr, address))) return null
      if (!openable.has(range)) return `its range is ${range}`
      return allowed.some((cidr) => contains(cidr, address))
        ? null
        : 'it is a private address outside of the allowed ranges'
    },
  }
}

/** Splits the comma separated lists of the configuration. */
export const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

type Address = ReturnType<typeof ipaddr.process>
type Cidr = ReturnType<typeof ipaddr.parseCIDR>

const contains = ([base, bits]: Cidr, address: Address): boolean =>
  base.kind() === address.kind() && address.match(base, bits)

function parseCidr(text: string): Cidr {
  try {
    return ipaddr.parseCIDR(text)
  } catch {
    throw new Error(`${text} in the list of allowed ranges is not a CIDR`)
  }
}
