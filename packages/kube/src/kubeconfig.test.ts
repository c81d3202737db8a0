import { inspect } from 'node:util'
import { GridError } from '@gridgate/core/errors'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type KubeconfigProblem, sanitise, sealedText } from './kubeconfig.ts'

const canary = 'canary-4f1b2c'
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** A kubeconfig whose every secret contains the canary; `cluster` and `user` replace fields. */
function document(cluster: object = {}, user: object = {}): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [
      { name: 'other', context: { cluster: 'none', user: 'none' } },
      { name: 'main', context: { cluster: 'c', user: 'u' } },
    ],
    clusters: [
      {
        name: 'c',
        cluster: {
          server: 'https://203.0.113.10:6443',
          'certificate-authority-data': base64(`ca ${canary}`),
          ...cluster,
        },
      },
    ],
    users: [{ name: 'u', user: { token: `token-${canary}`, ...user } }],
  }
}

const certificate = {
  token: undefined,
  'client-certificate-data': base64(`certificate ${canary}`),
  'client-key-data': base64(`key ${canary}`),
}

function refusal(input: unknown): { error: GridError; problems: KubeconfigProblem[] } {
  try {
    sanitise(input)
  } catch (error) {
    if (error instanceof GridError) return { error, problems: error.details?.problems as KubeconfigProblem[] }
    throw error
  }
  throw new Error('was accepted')
}

/** Anything shaped like a kubeconfig, right or wrong, with the canary in every value. */
const anyKubeconfig = fc.record(
  {
    'current-context': fc.constantFrom('main', canary),
    contexts: fc.array(
      fc.record({ name: fc.constantFrom('main', canary), context: anyFields(['cluster', 'user', 'as']) }),
    ),
    clusters: fc.array(
      fc.record({ name: fc.constant(canary), cluster: anyFields(['server', 'tls-server-name', 'proxy-url']) }),
    ),
    users: fc.array(
      fc.record({ name: fc.constant(canary), user: anyFields(['token', 'exec', 'client-key-data', 'as']) }),
    ),
  },
  { requiredKeys: [] },
)

function anyFields(names: string[]): fc.Arbitrary<unknown> {
  const value = fc.constantFrom<unknown>(
    canary,
    `${canary}\n`,
    [canary],
    { [canary]: canary },
    `https://${canary}`,
    `https://${canary}@x`,
  )
  return fc.dictionary(fc.constantFrom(...names), value)
}

describe('sanitise', () => {
  it('never repeats the input in a refusal, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyKubeconfig,
          anyKubeconfig.map((document) => stringify(document)),
          fc.string().map((text) => canary + text),
        ),
        (input) => {
          try {
            sanitise(input)
          } catch (error) {
            expect(error).toMatchObject({ code: 'kubeconfig.invalid' })
            expect(inspect(error, { depth: 9 })).not.toContain(canary)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([
    ['an object', document()],
    ['YAML text', stringify(document())],
    ['JSON text', JSON.stringify(document())],
    ['base64 of YAML', base64(stringify(document()))],
    ['base64 of JSON in lines', base64(JSON.stringify(document())).replace(/(.{76})/g, '$1\n')],
  ])('takes %s', (_form, input) => {
    const kubeconfig = sanitise(input)
    expect(kubeconfig).toMatchObject({ server: 'https://203.0.113.10:6443', host: '203.0.113.10' })
    expect(kubeconfig.reveal()).toEqual({
      credentials: { token: `token-${canary}` },
      certificateAuthority: `ca ${canary}`,
    })
  })

  it('takes a client certificate with its key, and a server name for TLS', () => {
    const kubeconfig = sanitise(document({ 'tls-server-name': 'kubernetes.default' }, certificate))
    expect(kubeconfig.tlsServerName).toBe('kubernetes.default')
    expect(kubeconfig.reveal().credentials).toEqual({ certificate: `certificate ${canary}`, key: `key ${canary}` })
  })

  it('reads its own sealed text back, with nothing else in it', () => {
    for (const user of [{}, certificate]) {
      const first = sanitise({ ...document({ 'tls-server-name': 'a.b' }, user), extensions: [{ name: 'x' }] })
      const second = sanitise(sealedText(first))
      expect(second).toMatchObject({ server: first.server, tlsServerName: 'a.b' })
      expect(second.reveal()).toEqual(first.reveal())
      expect(sealedText(first)).not.toContain('extensions')
    }
  })

  it('keeps its secrets out of JSON, logs and errors', () => {
    const kubeconfig = sanitise(document())
    for (const text of [
      JSON.stringify(kubeconfig),
      inspect(kubeconfig, { depth: 9, showHidden: true }),
      `${kubeconfig}`,
    ])
      expect(text).not.toContain(canary)
  })

  it.each([
    [{ 'certificate-authority': `/${canary}` }, '/clusters/0/cluster/certificate-authority'],
    [{ 'proxy-url': `http://${canary}` }, '/clusters/0/cluster/proxy-url'],
    [{ 'insecure-skip-tls-verify': true }, '/clusters/0/cluster/insecure-skip-tls-verify'],
    [{ server: `http://${canary}` }, '/clusters/0/cluster/server'],
    [{ server: `https://${canary}:x@203.0.113.10` }, '/clusters/0/cluster/server'],
    [{ server: `https://203.0.113.10/?${canary}` }, '/clusters/0/cluster/server'],
    [{ server: canary }, '/clusters/0/cluster/server'],
    [{ server: undefined }, '/clusters/0/cluster/server'],
    [{ 'tls-server-name': `${canary}/x` }, '/clusters/0/cluster/tls-server-name'],
    [{ 'certificate-authority-data': `${canary}!` }, '/clusters/0/cluster/certificate-authority-data'],
  ])('refuses the cluster field %j at its pointer', (cluster, pointer) => {
    const { error, problems } = refusal(document(cluster))
    expect(error.code).toBe('kubeconfig.invalid')
    expect(problems.map((problem) => problem.pointer)).toEqual([pointer])
    expect(inspect(error, { depth: 9 })).not.toContain(canary)
  })

  it.each([
    { exec: { command: canary } },
    { 'auth-provider': { name: canary } },
    { as: canary },
    { 'as-groups': [canary] },
    { 'as-uid': canary },
    { 'as-user-extra': { x: [canary] } },
    { 'client-certificate': canary },
    { 'client-key': canary },
    { tokenFile: canary },
    { username: canary },
    { password: canary },
  ])('refuses the user field %j at its pointer', (user) => {
    const { error, problems } = refusal(document({}, user))
    expect(problems.map((problem) => problem.pointer)).toEqual([`/users/0/user/${Object.keys(user)[0]}`])
    expect(inspect(error, { depth: 9 })).not.toContain(canary)
  })

  it('names every problem at once', () => {
    const { problems } = refusal(document({ 'proxy-url': 'http://x' }, { exec: {}, as: 'x' }))
    expect(problems).toHaveLength(3)
  })

  it.each([
    ['a token that would start another header', { token: `${canary}\r\nx: y` }],
    ['no credentials', { token: undefined }],
    ['a certificate without its key', { ...certificate, 'client-key-data': undefined }],
    ['a key that is not base64', { ...certificate, 'client-key-data': `${canary}?` }],
  ])('refuses %s', (_what, user) => {
    expect(inspect(refusal(document({}, user)).error, { depth: 9 })).not.toContain(canary)
  })

  it.each([
    ['nothing', undefined],
    ['a number', 7],
    ['an array', []],
    ['no current context', { ...document(), 'current-context': undefined }],
    ['an unknown current context', { ...document(), 'current-context': canary }],
    ['a context without its cluster', { ...document(), clusters: [] }],
    [
      'a user of the same name twice',
      {
        ...document(),
        users: [
          { name: 'u', user: {} },
          { name: 'u', user: {} },
        ],
      },
    ],
    ['several documents', `${stringify(document())}---\n${stringify(document())}`],
    ['text that is no YAML', `{ ${canary}: [`],
    ['a scalar', canary],
    ['empty text', ''],
    ['a custom prototype', '{"__proto__": {"current-context": "x"}}'],
    ['a reserved key deep inside', JSON.stringify(document({ extensions: [{ constructor: 1 }] }))],
    ['too many levels', JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)],
    ['too much text', stringify(document({ note: 'x'.repeat(300 * 1024) }))],
    ['too large an object', document({ note: 'x'.repeat(300 * 1024) })],
    ['too large base64', base64(stringify(document({ note: 'x'.repeat(300 * 1024) })))],
    [
      'a bomb of aliases',
      'a: &a [x,x,x,x,x,x,x,x,x]\n'.concat(
        ...'bcdefghij'.split('').map((k, i) => `${k}: &${k} [${Array(9).fill(`*${'abcdefghij'[i]}`)}]\n`),
      ),
    ],
  ])('refuses %s', (_what, input) => {
    const { error } = refusal(input)
    expect(error.code).toBe('kubeconfig.invalid')
    expect(inspect(error, { depth: 9 })).not.toContain(canary)
  })
})
