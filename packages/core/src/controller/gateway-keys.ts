import type { JsonObject } from '../json.ts'

/** What a signed text is for; a text of one kind is never taken for another. */
export type SignedKind = 'call' | 'keys'

/** Port: the gateway's own signing keys (Ed25519), kept under a key of KMS that only functions which sign may use. */
export interface GatewayKeys {
  /** Public keys (JWK, RFC 8037) that are valid now, the signing one first; two while they rotate. */
  publicKeys(): Promise<JsonObject[]>
  /** A compact JWS (EdDSA) over the claims with the signing key. */
  sign(kind: SignedKind, claims: JsonObject): Promise<string>
  /** The same by every valid key, so that whoever knows only the older one can follow a rotation. */
  signWithAll(kind: SignedKind, claims: JsonObject): Promise<string[]>
  /** Makes the first key where there is none. @returns whether it made one */
  ensure(): Promise<boolean>
  /**
   * Makes a new key. It is published at once, signs once controllers had time to learn it, and the one before the last ends.
   * @returns its id
   * @throws {GridError} `gateway_key.rotating` while the last rotation is not over
   */
  rotate(): Promise<string>
}
