import { keepEntry } from '@gridgate/core/audit/keep-entry'
import { openTrail } from '@gridgate/core/audit/open-trail'
import { withoutCredentials } from '@gridgate/core/auth/api-key'
import { type Caller, inScope } from '@gridgate/core/caller'
import { ClusterId } from '@gridgate/core/cluster/cluster'
import { type ErrorCode, GridError } from '@gridgate/core/errors'
import type { Needs } from '@gridgate/core/ports'
import type { Context } from 'hono'
import type { Route } from './route.ts'
import { within } from './time-limit.ts'

/** Longest that a reply waits for its entry in the audit log, in milliseconds. */
export const auditMsMax = 2_000
/** Longest path that an entry holds, in characters. */
const subjectMax = 512

type AnyRoute = Pick<Route<unknown, unknown, unknown>, 'operation' | 'access' | 'path' | 'method' | 'params'>

/** Where this is what is wrong, nobody knows that there is such a cluster: its name is no place for an entry. */
const unplaced: ReadonlySet<string> = new Set<ErrorCode>(['auth.forbidden', 'cluster.not_found'])

/** What comes to be known of one call, for the one entry that it leaves in the audit log. Never its body, never a secret. */
export class CallRecord {
  readonly #route: AnyRoute
  readonly #trail = openTrail()
  /** Null until somebody is known to call: nobody's calls leave nothing. */
  caller: Caller | null = null
  /** The cluster that the request names, whether or not it is there. */
  clusterId: string | null = null
  /** A kept answer is given again: nothing was done. */
  isReplay = false
  #code: string | null = null

  constructor(route: AnyRoute) {
    this.#route = route
  }

  /** The ports for the handler: what it does through them is noted. */
  over<P extends object>(ports: P): P {
    return this.#route.operation === null ? ports : this.#trail.over(ports)
  }

  fail(error: unknown): void {
    this.#code = error instanceof GridError ? error.code : 'internal'
  }

  /** Leaves the entry, before the reply goes out; the reply stays what it is. */
  async keep(
    ports: Needs<'log'> & Partial<Needs<'audit'>>,
    { context, requestId }: { context: Context; requestId: string },
    status: number,
  ): Promise<void> {
    const { operation, access, method, path } = this.#route
    if (operation === null || this.caller === null || !this.#leavesEntry(status)) return
    // Looked up last: a function that only looks has no such part, and asking for it would fail.
    const { audit, log } = ports
    if (!audit) return
    const { notes } = this.#trail
    const facts = {
      cluster_id: this.#placeOf(this.caller, notes.clusterId ?? this.clusterId),
      caller_id: this.caller.id,
      role: access === 'anyone' ? null : this.caller.role,
      operation,
      route: `${method} ${path}`,
      subject: this.#subjectOf(context),
      status,
      code: this.#code,
      decision_ids: [...notes.decisionIds],
      changes: [...notes.changes],
      task_id: notes.taskId,
      request_id: requestId,
    }
    await keepEntry({ audit, log }, facts, (work) => within(auditMsMax, work))
  }

  /** Who is not known, or asks too much, could fill the log with what is refused. */
  #leavesEntry(status: number): boolean {
    if (this.isReplay || this.#code === 'rate.limited') return false
    return this.#route.access !== 'anyone' || status < 400
  }

  /** The chain of the cluster, or the network's where the caller has shown no right to write into the cluster's. */
  #placeOf(caller: Caller, named: string | null): string | null {
    if (named === null || !ClusterId.safeParse(named).success || !inScope(caller, named)) return null
    const isRefused = this.#code !== null && unplaced.has(this.#code)
    return isRefused && (this.#code === 'cluster.not_found' || caller.clusters === '*') ? null : named
  }

  /** The path as it was asked; where its parameters are none that it could have, only the route's. */
  #subjectOf({ req }: Context): string {
    const isSound = this.#route.params.safeParse(req.param()).success
    return withoutCredentials(isSound ? req.path : this.#route.path).slice(0, subjectMax)
  }
}
