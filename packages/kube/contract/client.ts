import { Agent, request } from 'node:https'

/** A cluster that the contract is held against, real or simulated. */
export interface ContractCluster {
  url: string
  /** PEM. */
  ca: string
  /** Bearer token of somebody who may do everything. */
  token: string
  /** A controller manager, a scheduler, JobSet and nodes with GPUs work here; else only the API is looked at. */
  hasControllers: boolean
  stop(): Promise<void>
}

export interface Answer {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: the one place: tests read replies of every kind and assert each member they read.
  body: any
}

export interface Call {
  body?: unknown
  type?: string
  accept?: string
  token?: string | null
}

/** Longest wait for a state that controllers bring about, in milliseconds. */
const waitMsMax = 20_000

/** Plain HTTPS to a Kubernetes API: what a request gets is what the caller sees. */
export class Client {
  readonly #cluster: ContractCluster
  readonly #agent: Agent

  constructor(cluster: ContractCluster) {
    this.#cluster = cluster
    this.#agent = new Agent({ ca: cluster.ca, keepAlive: true })
  }

  /** Sends one request; never throws for a refusal. */
  call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const text =
      call.body === undefined ? undefined : typeof call.body === 'string' ? call.body : JSON.stringify(call.body)
    return new Promise((resolve, reject) => {
      const sent = request(
        this.#url(path),
        { method, agent: this.#agent, headers: this.#headers(call, text) },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const received = Buffer.concat(chunks).toString('utf8')
            const isJson = String(response.headers['content-type']).includes('json')
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: isJson ? JSON.parse(received) : received,
            })
          })
        },
      )
      sent.on('error', reject)
      sent.end(text)
    })
  }

  get = (path: string, call?: Call): Promise<Answer> => this.call('GET', path, call)
  post = (path: string, body: unknown, call?: Call): Promise<Answer> => this.call('POST', path, { ...call, body })
  put = (path: string, body: unknown): Promise<Answer> => this.call('PUT', path, { body })
  remove = (path: string, body?: unknown): Promise<Answer> => this.call('DELETE', path, { body })

  /** PATCH as `merge`, `strategic-merge` or `json`. */
  patch = (path: string, body: unknown, kind: 'merge' | 'strategic-merge' | 'json' = 'merge'): Promise<Answer> =>
    this.call('PATCH', path, { body, type: `application/${kind}-patch+json` })

  /** Server-side apply. */
  apply = (path: string, body: unknown, manager: string, force = false): Promise<Answer> =>
    this.call('PATCH', `${path}?fieldManager=${manager}${force ? '&force=true' : ''}`, {
      body,
      type: 'application/apply-patch+yaml',
    })

  /** Opens a watch and gathers its events. */
  watch(path: string): Watch {
    return new Watch((onEvent, onEnd) => {
      const sent = request(this.#url(path), { agent: this.#agent, headers: this.#headers({}) }, (response) => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n')
          rest = lines.pop() ?? ''
          for (const line of lines) if (line !== '') onEvent(JSON.parse(line) as WatchEvent)
        })
        response.on('close', onEnd)
      })
      sent.on('error', onEnd)
      sent.end()
      return () => sent.destroy()
    })
  }

  /** Asks until the answer satisfies. @throws {Error} with the last answer when it never does. */
  async until(path: string, isGood: (answer: Answer) => boolean): Promise<Answer> {
    const end = performance.now() + waitMsMax
    for (;;) {
      const answer = await this.get(path)
      if (isGood(answer)) return answer
      if (performance.now() > end) throw new Error(`never so: ${path}: ${JSON.stringify(answer.body).slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Closes kept connections. */
  close(): void {
    this.#agent.destroy()
  }

  #url(path: string): URL {
    return new URL(path, this.#cluster.url)
  }

  #headers(call: Call, text?: string): Record<string, string> {
    const token = call.token === undefined ? this.#cluster.token : call.token
    return {
      accept: call.accept ?? 'application/json',
      'user-agent': 'contract/1.0',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      // Node sends no length with a DELETE of its own accord.
      ...(text === undefined
        ? {}
        : { 'content-type': call.type ?? 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    }
  }
}

export interface WatchEvent {
  type: string
  object: Answer['body']
}

/** The events of a watch, in the order of their arrival. */
export class Watch {
  readonly events: WatchEvent[] = []
  readonly #close: () => void
  #isEnded = false
  #wake: () => void = () => undefined

  constructor(open: (onEvent: (event: WatchEvent) => void, onEnd: () => void) => () => void) {
    const woken = (): void => this.#wake()
    this.#close = open(
      (event) => {
        this.events.push(event)
        woken()
      },
      () => {
        this.#isEnded = true
        woken()
      },
    )
  }

  /** Resolves with the first event that satisfies. @throws {Error} when the watch ends or time passes before. */
  async find(isGood: (event: WatchEvent) => boolean): Promise<WatchEvent> {
    const end = performance.now() + waitMsMax
    for (;;) {
      const found = this.events.find(isGood)
      if (found) return found
      if (this.#isEnded || performance.now() > end)
        throw new Error(`no such event in ${JSON.stringify(this.events).slice(0, 2000)}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMsMax)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Resolves when the server has ended the watch. @throws {Error} when it never does. */
  async ended(): Promise<void> {
    await this.find(() => false).catch((error: unknown) => {
      if (!this.#isEnded) throw error
    })
  }

  close(): void {
    this.#close()
  }
}
