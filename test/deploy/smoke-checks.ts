import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'

/** How one check went; null is well. */
export interface Outcome {
  check: string
  ms: number
  error: string | null
}

/** The longest that one call may take, in ms: API Gateway gives up after 30 s. */
const callMsMax = 35_000

/** How often a call that is answered 503 with `Retry-After` is made, as a client does; a cold engine may ask for it. */
const triesMax = 3

/** Waits; tests wait for nothing. */
type Pause = (ms: number) => Promise<unknown>

interface Call {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  key?: string
  body?: unknown
}

interface Check extends Call {
  check: string
  status: number
  /** What the reply must hold. */
  holds: z.ZodType
  header?: { name: string; value: RegExp }
}

const problem = (code: string): z.ZodType => z.looseObject({ success: z.literal(false), code: z.literal(code) })

const admitting = `class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        self.min_gpus = parameters["min_gpus"]

    def eval(self, parameters, input_data, context):
        enough = input_data["gpus"] >= self.min_gpus
        return {"allowed": enough, "input_data": input_data if enough else "too few GPUs"}
`

const trial = (gpus: number): unknown => ({ code: admitting, parameters: { min_gpus: 4 }, input_data: { gpus } })

/** What `POST /policies/test` gives when the policy answers so. */
const answered = (allowed: boolean): z.ZodType =>
  z.looseObject({ data: z.looseObject({ output: z.looseObject({ allowed: z.literal(allowed) }) }) })

/** In the order in which a fault would be looked for: the gateway, the functions, the table, the policy function. */
const checksWith = (key: string): Check[] => [
  {
    check: 'it is alive',
    path: '/healthz',
    status: 200,
    holds: z.looseObject({ data: z.looseObject({ status: z.literal('ok') }) }),
  },
  {
    check: 'what it needs is there',
    path: '/readyz',
    status: 200,
    holds: z.looseObject({ data: z.looseObject({ status: z.literal('ready') }) }),
  },
  {
    check: 'it tells its API',
    path: '/openapi.json',
    status: 200,
    holds: z.looseObject({ openapi: z.string().startsWith('3.'), paths: z.looseObject({ '/clusters': z.unknown() }) }),
  },
  {
    check: 'an unknown path is 404',
    path: '/no/such/path',
    status: 404,
    holds: problem('route.not_found'),
    header: { name: 'content-type', value: /^application\/problem\+json/ },
  },
  {
    check: 'another method is 405 and says which',
    method: 'DELETE',
    path: '/clusters',
    status: 405,
    holds: problem('route.method_not_allowed'),
    header: { name: 'allow', value: /GET/ },
  },
  {
    check: 'nobody is let in without a key',
    path: '/clusters',
    status: 401,
    holds: z.looseObject({ success: z.literal(false) }),
  },
  {
    check: 'nobody is let in with a wrong key',
    path: '/clusters',
    key: 'gg_wrong',
    status: 401,
    holds: z.looseObject({ success: z.literal(false) }),
  },
  {
    check: 'it lists clusters',
    path: '/clusters',
    key,
    status: 200,
    holds: z.looseObject({ success: z.literal(true), data: z.array(z.unknown()) }),
  },
  {
    check: 'a policy admits',
    method: 'POST',
    path: '/policies/test',
    key,
    body: trial(8),
    status: 200,
    holds: answered(true),
  },
  {
    check: 'a policy denies',
    method: 'POST',
    path: '/policies/test',
    key,
    body: trial(2),
    status: 200,
    holds: answered(false),
  },
]

/** Calls a stage and compares what it answers; each check stands by itself. */
export async function* smoke(url: string, key: string, pause: Pause = delay): AsyncGenerator<Outcome> {
  for (const check of checksWith(key)) {
    const began = performance.now()
    const error = await run(url, check, pause).catch((cause: unknown) => `no answer: ${reasonOf(cause)}`)
    yield { check: check.check, ms: Math.round(performance.now() - began), error }
  }
}

/** What is wrong with the answer, or null. The key is in no message. */
async function run(url: string, check: Check, pause: Pause): Promise<string | null> {
  const { status, holds, header } = check
  const response = await callPatiently(url, check, pause)
  const text = await response.text()
  if (response.status !== status) return `answered ${response.status}, not ${status}: ${text.slice(0, 300)}`
  const found = header === undefined ? '' : (response.headers.get(header.name) ?? '')
  if (header !== undefined && !header.value.test(found)) return `${header.name} is ${found === '' ? 'missing' : found}`
  const parsed = holds.safeParse(JSON.parse(text))
  return parsed.success ? null : z.prettifyError(parsed.error).replaceAll('\n', ' ')
}

async function callPatiently(url: string, check: Check, pause: Pause): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const response = await call(url, check)
    const seconds = Number(response.headers.get('retry-after'))
    if (response.status !== 503 || !(seconds > 0) || tries >= triesMax) return response
    await pause(Math.min(seconds * 1000, callMsMax))
  }
}

const call = (url: string, { method = 'GET', path, key, body }: Call): Promise<Response> =>
  fetch(url + path, {
    ...{ method, redirect: 'manual', signal: AbortSignal.timeout(callMsMax) },
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })

const reasonOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  return cause.cause instanceof Error ? `${cause.message} (${cause.cause.message})` : cause.message
}
