import { readFile, writeFile } from 'node:fs/promises'
import { openApi } from '@gridgate/http/openapi'
import { endpoints } from '../../../../functions/manifest.ts'
import { hasNoArguments } from '../command-line.ts'
import { loadEndpoints } from './endpoints.ts'
import { rightsPage } from './rights-page.ts'

const root = new URL('../../../../', import.meta.url)

/** The API's document as the endpoints of this checkout make it. */
export async function makeOpenApi(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('package.json', root), 'utf8')) as { version: string }
  return `${JSON.stringify(openApi(await loadEndpoints(), version), null, 2)}\n`
}

const help = `Writes functions/system/openapi.json and docs/rights.md from the endpoints and their manifest.

usage: npm run openapi
`

if (import.meta.main && hasNoArguments('openapi', help)) {
  await writeFile(new URL('functions/system/openapi.json', root), await makeOpenApi())
  await writeFile(new URL('docs/rights.md', root), rightsPage(endpoints))
}
