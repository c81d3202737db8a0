import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'
import document from './openapi.json' with { type: 'json' }

const text = JSON.stringify(document)

/** GET /openapi.json: the API's document, as `npm run openapi` made it from the schemas. */
export const readOpenApi = endpoint(
  get('/openapi.json', {
    summary: 'Read the API document (OpenAPI 3.1)',
    access: 'anyone',
    returns: z.looseObject({ openapi: z.literal('3.1.0') }),
    envelope: false,
  }),
  () => text,
)

export const handler = lambda(readOpenApi)
