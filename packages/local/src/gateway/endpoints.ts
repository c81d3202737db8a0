import type { Endpoint } from '@gridgate/http/endpoint'
import { endpoints as rows } from '../../../../functions/manifest.ts'

const functions = new URL('../../../../functions/', import.meta.url)

/** Every endpoint of the manifest, imported from its file. @throws when a file does not export what its row says */
export async function loadEndpoints(): Promise<Endpoint[]> {
  return Promise.all(
    rows.map(async ({ name, export: exported }) => {
      const module = (await import(new URL(`${name}.ts`, functions).href)) as Record<string, Endpoint | undefined>
      const endpoint = module[exported]
      if (!endpoint) throw new Error(`functions/${name}.ts does not export ${exported}`)
      return endpoint
    }),
  )
}
