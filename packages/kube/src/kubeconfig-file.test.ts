import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readKubeconfigFile } from './kubeconfig-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const server = 'https://10.0.0.1:6443'
const base = {
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'one',
  clusters: [{ name: 'c', cluster: { server } }],
  users: [{ name: 'u', user: { token: 'secret-token' } }],
  contexts: [
    { name: 'one', context: { cluster: 'c', user: 'u' } },
    { name: 'two', context: { cluster: 'c', user: 'v' } },
  ],
}
function write(content: unknown): string {
  const path = join(folder, `config-${++files}`)
  writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  return path
}
writeFileSync(join(folder, 'token'), 'token-in-a-file\n')
writeFileSync(join(folder, 'client.crt'), 'certificate')
writeFileSync(join(folder, 'client.key'), 'key')

describe('a kubeconfig file', () => {
  it('is read as kubectl reads it: its current context, or the one that is named', () => {
    const read = readKubeconfigFile(
      write({ ...base, users: [...base.users, { name: 'v', user: { token: 'other' } }] }),
      'two',
    )
    expect(read).toMatchObject({ context: 'two', kubeconfig: { server } })
    expect(read.kubeconfig.reveal().credentials).toEqual({ token: 'other' })
    expect(readKubeconfigFile(write(base)).context).toBe('one')
  })

  it('may keep certificates and tokens in files beside it', () => {
    const user = (value: object) => write({ ...base, users: [{ name: 'u', user: value }] })
    const certificate = { 'client-certificate': 'client.crt', 'client-key': join(folder, 'client.key') }
    expect(readKubeconfigFile(user(certificate)).kubeconfig.reveal().credentials).toEqual({
      certificate: 'certificate',
      key: 'key',
    })
    expect(readKubeconfigFile(user({ tokenFile: 'token' })).kubeconfig.reveal().credentials).toEqual({
      token: 'token-in-a-file',
    })
  })

  it.each([
    ['is not there', '/nowhere/config', undefined, 'cannot be read'],
    ['is no kubeconfig', write('a: [b'), undefined, 'not readable'],
    ['lacks the context', write(base), 'three', 'has no context three; it has one, two'],
    ['has no current context', write({ ...base, 'current-context': '' }), undefined, '--context'],
    [
      'runs a program',
      write({ ...base, users: [{ name: 'u', user: { exec: { command: 'sh' } } }] }),
      undefined,
      'never run',
    ],
    [
      'names a file that is not there',
      write({ ...base, users: [{ name: 'u', user: { tokenFile: 'gone' } }] }),
      undefined,
      'tokenFile',
    ],
    [
      'speaks plain http',
      write({ ...base, clusters: [{ name: 'c', cluster: { server: 'http://h' } }] }),
      undefined,
      'https',
    ],
  ])('is refused when it %s, without a secret in the reason', (_, path, context, reason) => {
    const refusal = (): unknown => readKubeconfigFile(path, context)
    expect(refusal).toThrow(
      expect.objectContaining({ code: 'kubeconfig.invalid', message: expect.stringContaining(reason) }),
    )
    expect(refusal).not.toThrow('secret-token')
  })
})
