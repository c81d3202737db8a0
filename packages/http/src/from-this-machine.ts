import type { Context } from 'hono'

/**
 * Claims that a person or program of this machine makes the call, so that it may go without a credential (spec/decisions.md 7).
 * The socket alone does not show it: any page in this machine's browser connects from loopback too. So the call must also name
 * the server by a loopback name, or a foreign one that was made to lead here would do (DNS rebinding), and must not come from
 * a page of another site.
 */
export const fromThisMachine = (context: Context): boolean =>
  hasLoopbackSocket(context) && hasLoopbackName(context) && !isFromForeignPage(context)

/** The local server puts the socket into the environment; API Gateway's callers never come from this machine. */
function hasLoopbackSocket({ env }: Context): boolean {
  const { incoming } = (env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
  const address = incoming?.socket?.remoteAddress ?? ''
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.')
}

const hasLoopbackName = ({ req }: Context): boolean =>
  isLoopbackUrl(req.url) && isLoopbackUrl(`http://${req.header('host') ?? ''}`)

/**
 * What a browser says of the page behind a request: `Origin` (RFC 6454) with writes, `Sec-Fetch-Site` (Fetch Metadata) also
 * with links, images and other reads. Programs say neither.
 */
function isFromForeignPage({ req }: Context): boolean {
  const origin = req.header('origin')
  return (origin !== undefined && !isLoopbackUrl(origin)) || req.header('sec-fetch-site') === 'cross-site'
}

const isLoopbackUrl = (text: string): boolean =>
  /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(URL.parse(text)?.hostname ?? '')
