import type { Caller } from '../caller.ts'

/** What authentication looks at. */
export interface Credentials {
  /** The `Authorization` header, if any. */
  authorization: string | null
  /** Claims that somebody on this machine calls, and not a page from elsewhere in its browser. */
  fromThisMachine: boolean
}

/** Port: tells who calls. */
export interface Authenticator {
  /** @throws {GridError} `auth.missing` without a credential, `auth.invalid` for a wrong one */
  identify(credentials: Credentials): Promise<Caller>
}
