import { GridError } from '@gridgate/core/errors'
import { apiDocs } from '@gridgate/http/api-docs'
import { get } from '@gridgate/http/define-route'
import { endpoint } from '@gridgate/http/endpoint'
import { z } from '@gridgate/http/z'
import { lambda } from '@gridgate/runtime/lambda'

/** GET /docs: the API's document as a page, from this server alone. */
export const readDocs = endpoint(
  get('/docs', {
    summary: 'Read the API document as a page',
    access: 'anyone',
    params: z.object({ asset: z.string().optional() }),
    returns: z.string(),
    envelope: false,
    mediaType: 'text/html',
    errors: ['route.not_found'],
    aliases: [{ method: 'GET', path: '/docs/{asset}' }],
  }),
  async (_ports, { params }) => {
    const found = await apiDocs(params.asset)
    if (!found) throw new GridError('route.not_found', 'the page has no such file')
    return found
  },
)

export const handler = lambda(readDocs)
