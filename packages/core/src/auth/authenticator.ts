import type { Caller } from '../caller.ts'

/** What authentication looks at. */
export interface Credentials {
  /** The `Authorization` header, if any. */
  authorization: string | null
  /** Claims that the connection comes from this machine. */
  fromLoopback: boolean
}

/** Port: tells who calls. */
export interface Authenticator {
  /** @throws {GridError} `auth.missing` without a credential, `auth.invalid` for a wrong one */
  identify(credentials: Credentials): Promise<Caller>
}
