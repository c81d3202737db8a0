import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** Pages of one list that are read at most; then it is not said to be whole. */
const pagesMax = 100_000
/** How often one page is asked for again, and the longest wait before that, in seconds: a minute's share may be used up. */
const attemptsMax = 5
const waitSecondsMax = 60
const callSecondsMax = 30

/** Asks for a path of the API. */
export type ReadPage = (path: string) => Promise<Response>

/** Some entries of a list, or the place of one that the server cannot read itself. */
export type PageRead = { items: unknown[] } | { unreadable: number }

const Page = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullable() })
const Refusal = z.object({ code: z.string(), details: z.object({ sequence: z.number().optional() }).optional() })

/** The API of a server; the key goes into the header of each call and nowhere else. */
export function apiReader(url: string, key: string | null): ReadPage {
  const headers = key === null ? {} : { authorization: `Bearer ${key}` }
  return async (path) => {
    for (let attempt = 1; ; attempt++) {
      const reply = await fetch(url + path, { headers, signal: AbortSignal.timeout(callSecondsMax * 1000) }).catch(
        (cause: unknown) => {
          throw new Error(`nothing answers at ${url}: start the server, or give another --url`, { cause })
        },
      )
      if (reply.status !== 429 || attempt === attemptsMax) return reply
      const seconds = Number(reply.headers.get('retry-after') ?? 1)
      await delay(Math.min(Number.isFinite(seconds) ? seconds : 1, waitSecondsMax) * 1000)
    }
  }
}

/** The pages of a list, in order. @throws {Error} where one is refused, or there are too many */
export async function* pagesOf(read: ReadPage, path: string): AsyncGenerator<PageRead> {
  let cursor: string | null = null
  for (let page = 0; page < pagesMax; page++) {
    const reply = await read(cursor === null ? path : `${path}&cursor=${encodeURIComponent(cursor)}`)
    const body: unknown = await reply.json().catch((cause: unknown) => {
      throw new Error(`what answers there is no Gridgate (${reply.status}); give another --url`, { cause })
    })
    if (!reply.ok) {
      const { code, details } = Refusal.parse(body)
      if (code !== 'audit.unreadable') throw new Error(`the server answered ${reply.status} ${code}`)
      yield { unreadable: details?.sequence ?? 1 }
      return
    }
    const { data, next_cursor } = Page.parse(body)
    yield { items: data }
    cursor = next_cursor
    if (cursor === null) return
  }
  throw new Error(`a list of the audit log has more than ${pagesMax} pages`)
}
