/** Port: fetches policy code from an https URL once, through the outbound guard (spec/decisions.md 8, 18). */
export interface CodeFetcher {
  /** @throws {GridError} `address.refused`, `remote.unreachable`, `remote.failed`, `remote.too_large`, `remote.too_slow` */
  fetch(url: string): Promise<Uint8Array>
}
