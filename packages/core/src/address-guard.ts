/** Port: which addresses may be connected to (spec/decisions.md 8). Asked about the address in use, after every name resolution. */
export interface AddressGuard {
  /**
   * Why a connection may not be opened, or null when it may.
   * @param address an IP address in text, as the resolver gave it
   */
  refusal(address: string, port: number): string | null
}
