/**
 * Port: encrypts small secrets for storage. The member `purpose` of the context says what it is for; rights are given by it.
 * `context` is authenticated with the text: opening under another one fails.
 */
export interface Cipher {
  seal(plain: Uint8Array, context: Readonly<Record<string, string>>): Promise<Uint8Array>
  /** Null when the text was not sealed with this key under this context. */
  open(sealed: Uint8Array, context: Readonly<Record<string, string>>): Promise<Uint8Array | null>
}
