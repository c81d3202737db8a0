import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What the page is made of: its own two files, and two of Swagger UI's. Nothing comes from another host. */
const assets: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
])

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gridgate API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs">Loading the API document …</div>
<noscript>This page needs JavaScript; the document itself is at <a href="/openapi.json">/openapi.json</a>.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null, tryItOutEnabled: true })
`

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** One file of the API's page, or null when it has none of that name. */
export async function apiDocs(asset: string | undefined): Promise<Response | null> {
  if (asset === undefined) return file(page, 'text/html; charset=utf-8')
  if (asset === 'start.js') return file(start, 'text/javascript; charset=utf-8')
  const type = assets.get(asset)
  if (type === undefined) return null
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
  return file(await readFile(join(folder, asset), 'utf8'), type)
}

const file = (text: string, type: string): Response =>
  new Response(text, {
    headers: { 'content-type': type, 'content-security-policy': policy, 'x-content-type-options': 'nosniff' },
  })
