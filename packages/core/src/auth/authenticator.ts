import type { Caller } from '../caller.ts'

/** What authentication looks at. */
export interface Credentials {
  /** The `Authorization` header, if any. */
  authorization: string | null
  /** Claims that somebody on this machine calls, and not a page from elsewhere in its browser. */
  fromThisMachine: boolean
  /** What is asked for: a signed call is good for one method and one path with its query. */
  method: string
  path: string
}

/** Who calls, and what else the credential speaks for. */
export interface Identified extends Caller {
  /** A signed call names the SHA-256 (hex) of its body; another body is refused. */
  bodySha256?: string
}

/** Port: tells who calls. */
export interface Authenticator {
  /** @throws {GridError} `auth.missing` without a credential, `auth.invalid` for a wrong one */
  identify(credentials: Credentials): Promise<Identified>
}
