import { namedPath, readArguments, WrongUse } from './command-line.ts'
import type { AdoptOptions } from './start-adopted.ts'

export interface Options {
  port: number
  host: string
  /** Folder for everything that outlives the process. */
  data: string
  insecure: boolean
  tour: boolean
  json: boolean
  newKey: boolean
  /** Variables of the configuration that options stand for; they go before those of the environment. */
  settings: Record<string, string>
  /** A real cluster in the place of the simulated one. */
  adopt: AdoptOptions | null
}

/** Of the repository, wherever the user is. */
const defaultData = '.gridgate'

export const help = `Gridgate, the whole product on this machine.

usage: npm start -- [options]

  --port N       port of the HTTP API; 0 takes any free one (default 3000)
  --host ADDR    address to listen on (default 127.0.0.1)
  --data DIR     folder that keeps all data (default .gridgate)
  --insecure     calls from this machine need no key; only with a loopback --host
  --kubeconfig FILE   adopt a real cluster instead of the simulated one: its controller runs beside this server
  --context NAME      which context of the kubeconfig (default: its current one)
  --cluster-id ID     the cluster's id in the network (default: made from the context's name)
  --oidc-issuer URL   accept the access tokens of this issuer too; with --oidc-audience
  --oidc-audience AUD what they must be made for
  --rate-limit N      requests of one caller in a minute; 0 is any number (default 0)
  --new-key      make another network-admin key and print it
  --no-tour      do not show the tour on a first start
  --json         one JSON event a line instead of text
  --help         this text

The embedded AWS is replaced part by part with AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS,
AWS_ENDPOINT_URL_SFN, AWS_ENDPOINT_URL_LAMBDA, AWS_ENDPOINT_URL_EVENTBRIDGE and AWS_ENDPOINT_URL_KMS.
`

/** Reads the command line. Null asks for the help text. @throws {WrongUse} */
export function readOptions(args: readonly string[]): Options | null {
  const values = parse(args)
  if (values.help) return null
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65535) throw new WrongUse(`--port must be 0 to 65535, not ${values.port}`)
  if (values.insecure && !isLoopback(values.host))
    throw new WrongUse(`--insecure needs a loopback --host such as 127.0.0.1, not ${values.host}`)
  for (const name of ['host', 'data', 'kubeconfig', 'oidc-issuer', 'oidc-audience'] as const)
    if (values[name] === '') throw new WrongUse(`--${name} is empty`)
  const { kubeconfig: file, context = null, 'cluster-id': clusterId = null } = values
  if (file === undefined && (context !== null || clusterId !== null))
    throw new WrongUse('--context and --cluster-id need --kubeconfig')
  const { 'oidc-issuer': issuer, 'oidc-audience': audience, 'rate-limit': limit } = values
  if (limit !== undefined && !/^\d{1,7}$/.test(limit))
    throw new WrongUse(`--rate-limit must be a number of requests, not ${limit}`)
  if ((issuer === undefined) !== (audience === undefined))
    throw new WrongUse('--oidc-issuer and --oidc-audience need each other')
  return {
    port,
    host: values.host,
    data: values.data === undefined ? defaultData : namedPath(values.data),
    insecure: values.insecure,
    tour: !values['no-tour'],
    json: values.json,
    newKey: values['new-key'],
    settings: {
      ...(issuer === undefined ? {} : { GRIDGATE_OIDC_ISSUER: issuer }),
      ...(audience === undefined ? {} : { GRIDGATE_OIDC_AUDIENCE: audience }),
      ...(limit === undefined ? {} : { GRIDGATE_RATE_LIMIT: limit }),
    },
    adopt: file === undefined ? null : { file: namedPath(file), context, clusterId },
  }
}

const parse = (args: readonly string[]) =>
  readArguments({
    args: [...args],
    allowPositionals: false,
    options: {
      port: { type: 'string', default: '3000' },
      host: { type: 'string', default: '127.0.0.1' },
      data: { type: 'string' },
      insecure: { type: 'boolean', default: false },
      'oidc-issuer': { type: 'string' },
      'oidc-audience': { type: 'string' },
      'rate-limit': { type: 'string' },
      'new-key': { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      'cluster-id': { type: 'string' },
      'no-tour': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
