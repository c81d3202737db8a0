import Ajv from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import document from '../../functions/system/openapi.json' with { type: 'json' }
import { type Product, startProduct, temporaryFolder } from '../e2e/product.ts'
import { fromSchema, type Schema } from './arbitrary.ts'
import { bodyOf, rawBodies } from './bodies.ts'

/** Any number repeats a run: GRIDGATE_FUZZ_SEED=1234 npm run test:fuzz */
const seed = Number(process.env.GRIDGATE_FUZZ_SEED ?? 20_261_121)
const runsEach = Number(process.env.GRIDGATE_FUZZ_RUNS ?? 100)

interface Operation {
  parameters: { name: string; in: string; required: boolean; schema: Schema }[]
  requestBody?: { content: { 'application/json': { schema: Schema } } }
  responses: Record<string, { content: Record<string, { schema: Schema }> }>
}

const operations = Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods)
      .filter(() => !path.endsWith('/events'))
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
)

const folder = temporaryFolder()
let product: Product
let url = ''
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour', '--insecure')
  url = (await product.ready).url
  // One that the requests meet by its id, so that not every one of them ends with 404.
  const body = { id: 'west-1', regionId: 'us-west-2', nodes: { nodeData: [{ id: 'n1', gpus: { count: 2 } }] } }
  expect((await product.call('POST', '/clusters/create', body)).status).toBe(200)
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

const clusterSchema = (
  document.paths['/clusters/create'].post.responses['200'].content['application/json'].schema as unknown as {
    properties: { data: Schema }
  }
).properties.data

const ajv = addFormats.default(new Ajv.default({ strict: false, allErrors: false }))
ajv.addSchema({ $id: 'document', components: document.components })

/** How many replies had which status: what the requests got to. */
const statuses = new Map<number, number>()

/** The reply must be one of the documented statuses and hold what the document says of it. */
function complaint(operation: Operation, status: number, type: string, text: string): string | null {
  statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const documented = operation.responses[String(status)]
  if (!documented && status !== 405) return `status ${status} is not documented`
  const media = Object.keys(documented?.content ?? {})[0] ?? 'application/problem+json'
  if (!type.startsWith(media)) return `media type ${type} instead of ${media}`
  if (!media.includes('json')) return null
  const schema = JSON.parse(
    JSON.stringify(documented?.content[media]?.schema ?? {}).replaceAll('#/components', 'document#/components'),
  ) as Schema
  return ajv.validate(schema, JSON.parse(text)) ? null : ajv.errorsText()
}

describe(`requests from the API document, seed ${seed}`, () => {
  it.each(operations)('$method $path never fails on our side and answers as documented', async ({
    method,
    path,
    operation,
  }) => {
    const parameters = fc.record(
      Object.fromEntries(
        operation.parameters.filter((one) => one.in !== 'header').map((one) => [one.name, fromSchema(one.schema)]),
      ),
    )
    const body = operation.requestBody
      ? (bodyOf(path, clusterSchema) ?? fromSchema(operation.requestBody.content['application/json'].schema))
      : fc.constant(undefined)
    await fc.assert(
      fc.asyncProperty(parameters, body, fc.integer({ min: 0, max: 3 }), async (values, sent, withQuery) => {
        const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
          encodeURIComponent(String(values[name]).toWellFormed() || 'x'),
        )
        const query = new URLSearchParams()
        for (const one of operation.parameters)
          if (one.in === 'query' && (one.required || withQuery === 0)) query.set(one.name, String(values[one.name]))
        const response = await fetch(`${url}${target}?${query}`, {
          method,
          ...(sent === undefined
            ? {}
            : { body: JSON.stringify(sent), headers: { 'content-type': 'application/json' } }),
        })
        const text = await response.text()
        const wrong =
          response.status === 500
            ? 'a failure on our side'
            : complaint(operation, response.status, response.headers.get('content-type') ?? '', text)
        if (wrong) throw new Error(`${method} ${target}: ${wrong}: ${text.slice(0, 500)}`)
      }),
      { seed, numRuns: runsEach },
    )
  })

  it.each(
    operations.filter(({ operation }) => operation.requestBody),
  )('$method $path refuses what is no JSON it takes', async ({ method, path, operation }) => {
    const target = path.replaceAll(/\{\w+\}/g, 'west-1')
    for (const body of rawBodies)
      for (const media of ['application/json', 'text/plain', 'application/json; charset=utf-16', '%%']) {
        const response = await fetch(url + target, { method, body, headers: { 'content-type': media } })
        const text = await response.text()
        const wrong = complaint(operation, response.status, response.headers.get('content-type') ?? '', text)
        expect([media, body.slice(0, 40), response.status < 500, wrong]).toEqual([media, body.slice(0, 40), true, null])
      }
  })

  it('left the server alive', async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`)
    process.stdout.write(`seed ${seed}: ${counts.join(', ')}\n`)
    expect(statuses.get(200)).toBeGreaterThan(runsEach)
  })
})
