import { GridError } from '@gridgate/core/errors'
import { readKubeconfig } from './kubeconfig-text.ts'
import { listAt, member, textAt } from './object.ts'

/** Why a kubeconfig is refused: a JSON pointer into it and a reason. Never a value of the input: those are secrets. */
export interface KubeconfigProblem {
  readonly pointer: string
  readonly reason: string
}

/** How the client proves itself. Certificate, key and authority are PEM text. */
export type Credentials = { readonly token: string } | { readonly certificate: string; readonly key: string }

interface Parts {
  server: URL
  certificateAuthority: string | undefined
  tlsServerName: string | undefined
  credentials: Credentials
}

/** A sanitised kubeconfig. What is secret in it cannot be printed, cloned or turned into JSON by accident. */
class SanitisedKubeconfig {
  /** Base URL of the API server: https, no user-info, no query. */
  readonly server: string
  /** Host name or address literal of the server, for the address check (spec/decisions.md 8). */
  readonly host: string
  /** Host name that the server's certificate must be for, when it is not `host`. */
  readonly tlsServerName: string | undefined
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.server = parts.server.href.replace(/\/$/, '')
    this.host = parts.server.hostname.replace(/^\[|\]$/g, '')
    this.tlsServerName = parts.tlsServerName
    this.#parts = parts
  }

  /** The secret half, for the one place that opens connections. */
  reveal(): { credentials: Credentials; certificateAuthority: string | undefined } {
    return { credentials: this.#parts.credentials, certificateAuthority: this.#parts.certificateAuthority }
  }
}

export type Kubeconfig = SanitisedKubeconfig

/**
 * Rebuilds a minimal kubeconfig from an allow-list: the current context's server, its authority, and one token or
 * client certificate. Whatever could run a program, read a file, act as someone else or weaken TLS is refused
 * (DESIGN.md decision 3, spec/errors-and-gaps.md 4 and 94).
 * @throws {GridError} `kubeconfig.invalid` with `details.problems`: pointers and reasons, no values.
 */
export function sanitise(input: unknown): Kubeconfig {
  const reading = readKubeconfig(input)
  if ('problem' in reading) throw invalid([{ pointer: '', reason: reading.problem }])
  const problems: KubeconfigProblem[] = []
  const parts = currentParts(reading.value, problems)
  if (problems.length > 0 || parts === undefined) throw invalid(problems)
  return new SanitisedKubeconfig(parts)
}

/** The minimal kubeconfig as JSON text, for the encrypted item that holds it while a task runs. `sanitise` reads it back. */
export function sealedText(kubeconfig: Kubeconfig): string {
  const { credentials, certificateAuthority } = kubeconfig.reveal()
  const encode = (pem: string): string => Buffer.from(pem).toString('base64')
  const cluster = {
    server: kubeconfig.server,
    ...(certificateAuthority === undefined ? {} : { 'certificate-authority-data': encode(certificateAuthority) }),
    ...(kubeconfig.tlsServerName === undefined ? {} : { 'tls-server-name': kubeconfig.tlsServerName }),
  }
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': encode(credentials.certificate),
          'client-key-data': encode(credentials.key),
        }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'gridgate',
    clusters: [{ name: 'gridgate', cluster }],
    users: [{ name: 'gridgate', user }],
    contexts: [{ name: 'gridgate', context: { cluster: 'gridgate', user: 'gridgate' } }],
  })
}

function invalid(problems: KubeconfigProblem[]): GridError {
  const said = problems.map(({ pointer, reason }) => (pointer === '' ? reason : `${pointer}: ${reason}`)).join('; ')
  return new GridError('kubeconfig.invalid', `the kubeconfig is refused: ${said}`, { details: { problems } })
}

/** The parts of the current context, with everything wrong added to `problems`. */
function currentParts(document: unknown, problems: KubeconfigProblem[]): Parts | undefined {
  const report = (pointer: string, reason: string): undefined => {
    problems.push({ pointer, reason })
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) return report('', 'not an object')
  const contextName = textAt(document, 'current-context')
  if (!contextName) return report('/current-context', 'missing: it says which cluster and user are meant')
  const context = named(document, 'contexts', 'context', contextName, report)
  if (!context) return undefined
  const cluster = pick(document, 'cluster', context, report)
  const user = pick(document, 'user', context, report)
  if (!cluster || !user) return undefined

  const server = readServer(cluster, report)
  const certificateAuthority = readBase64(cluster, 'certificate-authority-data', report)
  const tlsServerName = readServerName(cluster, report)
  const credentials = readCredentials(user, report)
  if (!server || !credentials) return undefined
  return { server, certificateAuthority, tlsServerName, credentials }
}

type Report = (pointer: string, reason: string) => undefined

/** One entry of the document with its own pointer, so that problems point at it. */
interface Entry {
  readonly value: unknown
  readonly pointer: string
}

function named(document: unknown, list: string, key: string, name: string, report: Report): Entry | undefined {
  const entries = listAt(document, list)
  const indexes = entries.flatMap((entry, index) => (textAt(entry, 'name') === name ? [index] : []))
  const [index] = indexes
  if (index === undefined) return report(`/${list}`, 'has no entry of the name that the current context needs')
  if (indexes.length > 1) return report(`/${list}`, 'has several entries of the name that the current context needs')
  const value = member(entries[index], key)
  const pointer = `/${list}/${index}/${key}`
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return report(pointer, 'not an object')
  return { value, pointer }
}

function pick(document: unknown, key: 'cluster' | 'user', context: Entry, report: Report): Entry | undefined {
  const name = textAt(context.value, key)
  if (!name) return report(`${context.pointer}/${key}`, 'missing')
  return named(document, `${key}s`, key, name, report)
}

const clusterRefusals: Record<string, string> = {
  'certificate-authority': 'a file path: give certificate-authority-data',
  'proxy-url': 'proxies are not used',
  'insecure-skip-tls-verify': 'the server certificate is always verified',
}

function readServer(cluster: Entry, report: Report): URL | undefined {
  refuse(cluster, clusterRefusals, report)
  const pointer = `${cluster.pointer}/server`
  const text = textAt(cluster.value, 'server')
  if (!text) return report(pointer, 'missing')
  const url = URL.parse(text)
  if (!url) return report(pointer, 'not a URL')
  if (url.protocol !== 'https:') return report(pointer, 'only https is allowed')
  if (url.username !== '' || url.password !== '') return report(pointer, 'must not contain user-info')
  if (url.search !== '' || url.hash !== '') return report(pointer, 'must not contain a query or fragment')
  return url
}

const hostnamePattern = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i

function readServerName(cluster: Entry, report: Report): string | undefined {
  const name = member(cluster.value, 'tls-server-name')
  if (name === undefined || name === '') return undefined
  if (typeof name === 'string' && hostnamePattern.test(name)) return name
  return report(`${cluster.pointer}/tls-server-name`, 'not a host name')
}

const userRefusals: Record<string, string> = {
  exec: 'programs are never run: give a token or a client certificate',
  'auth-provider': 'authentication plug-ins are never run: give a token or a client certificate',
  as: 'impersonation is not allowed',
  'as-groups': 'impersonation is not allowed',
  'as-uid': 'impersonation is not allowed',
  'as-user-extra': 'impersonation is not allowed',
  'client-certificate': 'a file path: give client-certificate-data',
  'client-key': 'a file path: give client-key-data',
  tokenFile: 'a file path: give token',
  username: 'passwords are not used: give a token or a client certificate',
  password: 'passwords are not used: give a token or a client certificate',
}

/** A token as an HTTP header can carry it: visible ASCII, so that it cannot smuggle a second header. */
const tokenPattern = /^[\x21-\x7e]{1,65536}$/

function readCredentials(user: Entry, report: Report): Credentials | undefined {
  refuse(user, userRefusals, report)
  const token = member(user.value, 'token')
  const certificate = readBase64(user, 'client-certificate-data', report)
  const key = readBase64(user, 'client-key-data', report)
  if (token !== undefined && token !== '') {
    if (typeof token === 'string' && tokenPattern.test(token)) return { token }
    return report(`${user.pointer}/token`, 'not a bearer token')
  }
  if (certificate !== undefined && key !== undefined) return { certificate, key }
  return report(user.pointer, 'needs a token, or client-certificate-data with client-key-data')
}

function refuse(entry: Entry, refusals: Record<string, string>, report: Report): void {
  for (const [key, reason] of Object.entries(refusals)) {
    const value = member(entry.value, key)
    const isAbsent = value === undefined || value === null || value === '' || value === false
    if (!isAbsent) report(`${entry.pointer}/${key}`, reason)
  }
}

/** Decoded PEM. Whether it is a certificate that works is found out where the connection is made (`openClient`). */
function readBase64(entry: Entry, key: string, report: Report): string | undefined {
  const value = member(entry.value, key)
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(value))
    return Buffer.from(value, 'base64').toString('utf8')
  return report(`${entry.pointer}/${key}`, 'not base64')
}
