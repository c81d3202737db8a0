import type { ErrorCode, GridError } from '@gridgate/core/errors'
import type { z } from 'zod'

/** Who may call a route; each role includes the ones before it, `service` stands beside them (spec/decisions.md 44). */
export type Access = 'anyone' | 'viewer' | 'cluster-manager' | 'network-admin' | 'service'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Another method or path that answers the same, kept for old clients. */
export interface Alias {
  method: Method
  path: string
}

/** One endpoint's contract: what it takes, what it gives, who may call. The OpenAPI document is made of these. */
export interface Route<Params, Query, Body> {
  method: Method
  /** OpenAPI form, for example `/clusters/read/{cluster_id}`. */
  path: string
  /**
   * Name of the function in the audit log, where each call leaves an entry: the row's name in the manifest. Null where none does,
   * whatever the method: a query, a dry run, a sign of life.
   */
  operation: string | null
  /** The cluster that a call is about, where the query or the body names it; one in the path is found by itself. */
  cluster(request: { query: Query; body: Body }): string | null | undefined
  summary: string
  access: Access
  params: z.ZodType<Params>
  query: z.ZodType<Query>
  /** Null where no body is read. */
  body: z.ZodType<Body> | null
  /** Largest body in bytes; 1 MB unless said otherwise (spec/decisions.md 52). */
  bodyBytesMax: number
  /** Reads the body as JSON whatever its Content-Type: some senders name another. */
  anyMediaType: boolean
  /** Schema of `data`, or of the whole body where `envelope` is false. */
  returns: z.ZodType
  envelope: boolean
  /** Schemas of members beside `data`. */
  beside: Readonly<Record<string, z.ZodType>>
  /** Media type of the reply where it is not JSON. */
  mediaType: string
  status: number
  /** What this route may fail with, beside what every route may. */
  errors: readonly ErrorCode[]
  aliases: readonly Alias[]
  /** What an error's body holds for this route's old clients, beside what every one holds. */
  errorMembers: (error: GridError) => Record<string, unknown>
  /** Its reply carries a secret shown once, so it is never kept for a replay (spec/decisions.md 54). */
  oneTimeSecret: boolean
}

export const bodyBytesDefault = 2 ** 20
