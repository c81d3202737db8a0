/** An answer of the public API. */
export interface Answer {
  status: number
  body: Record<string, unknown> & { data?: unknown; detail?: string; code?: string }
}

export interface Api {
  call(method: string, path: string, body?: unknown): Promise<Answer>
  /** Follows a server-sent event stream over its reconnections, until `see` says that it is enough. */
  follow(path: string, see: (data: unknown) => boolean): Promise<void>
}

const callSecondsMax = 30
/** Streams end by themselves after 25 s; this many are followed. */
const streamsMax = 40

/** The public HTTP API and nothing else: the tour sees what any client sees. */
export function openApi(url: string, key: string | null): Api {
  const headers = { ...(key === null ? {} : { authorization: `Bearer ${key}` }) }
  return {
    async call(method, path, body) {
      const response = await ask(url, path, {
        method,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(callSecondsMax * 1000),
      })
      return { status: response.status, body: (await readJson(response)) as Answer['body'] }
    },
    async follow(path, see) {
      let last = ''
      for (let stream = 0; stream < streamsMax; stream++) {
        const response = await ask(url, path, {
          headers: { ...headers, ...(last ? { 'last-event-id': last } : {}) },
        })
        if (!response.ok || !response.body) throw new Error(`${path} answered ${response.status}`)
        for await (const event of events(response.body)) {
          last = event.id || last
          if (event.data !== '' && see(JSON.parse(event.data))) return
        }
      }
      throw new Error(`${path} did not come to an end`)
    },
  }
}

const ask = (url: string, path: string, init: RequestInit): Promise<Response> =>
  fetch(url + path, init).catch((cause: unknown) => {
    throw new Error(`nothing answers at ${url}: start the server, or give another --url`, { cause })
  })

const readJson = (response: Response): Promise<unknown> =>
  response.json().catch((cause: unknown) => {
    throw new Error(`what answers at ${new URL(response.url).origin} is no Gridgate (${response.status})`, { cause })
  })

async function* events(stream: ReadableStream<Uint8Array>): AsyncGenerator<{ id: string; data: string }> {
  let text = ''
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? ''
      yield { id: field('id'), data: field('data') }
    }
  }
}
