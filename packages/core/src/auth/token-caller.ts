import { z } from 'zod'
import { type Caller, Role, scopeProblem } from '../caller.ts'
import { ClusterId } from '../cluster/cluster.ts'
import { GridError } from '../errors.ts'

/** Most clusters that a token may name, and most roles that are looked at. */
const clustersMax = 1000
const rolesMax = 100

/** Which claims of a token say what its bearer may do. */
export interface ClaimNames {
  role: string
  clusters: string
}

const Roles = z.union([z.string().transform((role) => [role]), z.array(z.string()).max(rolesMax)])
const Clusters = z.union([z.literal('*'), z.array(ClusterId).max(clustersMax)])

/**
 * The caller that the claims of a verified token describe. One that says nothing of clusters is good for a network-admin alone:
 * what the issuer leaves out is not granted.
 * @throws {GridError} `auth.forbidden`, saying what the issuer has to put where
 */
export function tokenCaller(subject: string, claims: Readonly<Record<string, unknown>>, names: ClaimNames): Caller {
  const role = highestRole(claims[names.role])
  if (role === null)
    throw forbidden(
      `its claim ${names.role} names no role; the issuer must put one of ${Role.options.join(', ')} there`,
    )
  const clusters = Clusters.safeParse(claims[names.clusters] ?? (role === 'network-admin' ? '*' : null))
  if (!clusters.success)
    throw forbidden(`its claim ${names.clusters} is missing or wrong; it must be "*" or a list of cluster ids`)
  const problem = scopeProblem({ role, clusters: clusters.data })
  if (problem !== null) throw forbidden(problem)
  return { id: `oidc:${subject}`, role, clusters: clusters.data }
}

/** Of several, as of groups, the one that may most; `service` is one only by itself. */
function highestRole(claim: unknown): Role | null {
  const named = Roles.safeParse(claim)
  const ranked = ['network-admin', 'cluster-manager', 'viewer', 'service'] as const
  return (named.success && ranked.find((role) => named.data.includes(role))) || null
}

const forbidden = (why: string): GridError => new GridError('auth.forbidden', `the token grants nothing here: ${why}`)
