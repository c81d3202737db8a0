/** Says where a server of the bench listens, and ends it with the process that started it. */
export function announce(url: string, headers: Record<string, string> = {}): void {
  process.stdout.write(`${JSON.stringify({ url, headers })}\n`)
  process.stdin.on('end', () => process.exit(0)).resume()
}
