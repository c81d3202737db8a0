import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import type { Plugin } from 'esbuild'
import document from '../../../../functions/system/openapi.json' with { type: 'json' }
import { leanSource } from './lean-source.ts'
import { allParts, makersFile } from './parts-of.ts'

/** A module whose text is made here: where it stands in for another, what it says, and the folder that its imports start from. */
interface StandIn {
  /** What is imported. */
  filter: RegExp
  /** Of the importing file; any, unless given. */
  importer?: RegExp
  text: string
}

const root = new URL('../../../../', import.meta.url).pathname

/**
 * Leaves out of a function what it cannot need:
 * - makers of parts that its row does not lead to: asking for such a port fails and says so,
 * - zod's messages in other languages than English, and its reader of JSON Schema,
 * - the blanks of the API document, and nine tenths of the rest: it is packed,
 * - the query language that keeps replies by: ours are names of members,
 * - the ways to credentials that a function does not have: its own are in its environment,
 * - the half of `node:http` that is not HTTP: importing it by name reads its WebSocket, which loads all of `fetch`, 30 ms,
 * - schemas of ours that it does not use, and the rest of the schema language (lean-source.ts).
 */
export function leanPlugin(parts: readonly string[]): Plugin {
  const standIns: StandIn[] = [
    { filter: /^\.\/makers\.ts$/, text: makersOf(parts) },
    {
      filter: /\/locales\/index\.js$/,
      importer: /node_modules\/zod\//,
      text: `export { default as en } from 'zod/v4/locales/en.js'`,
    },
    {
      filter: /\/from-json-schema\.js$/,
      importer: /node_modules\/zod\//,
      text: `export const fromJSONSchema = () => { throw new Error('zod reads no JSON Schema in a function') }`,
    },
    { filter: /^\.\/openapi\.json$/, text: packedDocument() },
    {
      filter: /^@aws-lambda-powertools\/jmespath$/,
      text: `export function search(path, data) {
          if (!/^\\w+$/.test(path)) throw new Error(path + ' is more than the name of a member')
          return data[path]
        }`,
    },
    { filter: /^@aws-lambda-powertools\/jmespath\/functions$/, text: 'export class PowertoolsFunctions {}' },
    {
      filter: /^@aws-sdk\/credential-provider-node$/,
      text: `import { fromEnv } from '@aws-sdk/credential-provider-env'
        export const defaultProvider = (options) => fromEnv(options)`,
    },
    {
      filter: /^(node:)?http$/,
      text: `const http = process.getBuiltinModule('node:http')
        export default http
        export const { Agent, ClientRequest, IncomingMessage, METHODS, Server, ServerResponse, STATUS_CODES } = http
        export const { createServer, get, globalAgent, request } = http`,
    },
  ]
  return {
    name: 'lean',
    setup(build) {
      for (const [index, { filter, importer = /./ }] of standIns.entries())
        build.onResolve({ filter }, (given) =>
          given.namespace === 'file' && importer.test(given.importer)
            ? { path: String(index), namespace: 'lean', sideEffects: false }
            : undefined,
        )
      build.onLoad({ filter: /./, namespace: 'lean' }, ({ path }) => ({
        contents: standIns[Number(path)]?.text ?? '',
        loader: 'ts',
        resolveDir: root,
      }))
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
        contents: leanSource(await readFile(path, 'utf8')),
        loader: 'ts',
      }))
    },
  }
}

/** The API document, unpacked when its function starts. */
function packedDocument(): string {
  const packed = gzipSync(JSON.stringify(document), { level: 9 }).toString('base64')
  return `import { gunzipSync } from 'node:zlib'
    export default JSON.parse(gunzipSync(Buffer.from('${packed}', 'base64')).toString())`
}

/** The module of makers with those of the parts, and in place of the others something that fails when it is asked for. */
function makersOf(parts: readonly string[]): string {
  const absent = allParts.filter((name) => !parts.includes(name))
  return [
    `export { ${parts.join(', ')} } from ${JSON.stringify(makersFile)}`,
    `const absent = (name: string) => () => { throw new Error(name + ' is no part of this function') }`,
    ...absent.map((name) => `export const ${name} = absent('${name}')`),
    '',
  ].join('\n')
}
