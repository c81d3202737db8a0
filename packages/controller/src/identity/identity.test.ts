import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyCall } from '@gridgate/http/signed-call'
import { afterAll, describe, expect, it } from 'vitest'
import { openIdentity } from './identity.ts'
import { fileIdentityStore } from './identity-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridgate-identity-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = new Date(Date.UTC(2030, 0, 1))
const open = (name: string) => openIdentity(fileIdentityStore(join(folder, name)), 'west-1')
const call = { method: 'GET', path: '/', body: '', at }

describe("a controller's key pair in a file", () => {
  it('is made once, for its owner alone, and outlives the process', async () => {
    const first = await open('kept')
    expect((await open('kept')).publicKey()).toEqual(first.publicKey())
    expect(statSync(join(folder, 'kept')).mode & 0o777).toBe(0o600)
    expect(JSON.stringify(first.publicKey())).not.toContain('"d"')
  })

  it('rotates: the old key signs until the new one is enrolled; a restart in between goes on', async () => {
    const identity = await open('rotating')
    const old = identity.publicKey()
    const next = await identity.beginRotation()
    expect(await identity.beginRotation()).toEqual(next)
    const again = await open('rotating')
    expect([again.publicKey(), again.nextPublicKey()]).toEqual([old, next])
    const verify = (token: string, key: object) => verifyCall(token, { keys: [key as never], audience: 'gridgate', at })
    await verify(await again.signCall(call), old)
    await verify(await again.signCall(call, true), next)
    await again.endRotation()
    await again.endRotation()
    await verify(await again.signCall(call), next)
    expect([(await open('rotating')).publicKey(), again.nextPublicKey()]).toEqual([next, null])
    expect(readFileSync(join(folder, 'rotating'), 'utf8')).not.toContain(String(old.x))
  })

  it('that cannot be read is not replaced, and not told', async () => {
    writeFileSync(join(folder, 'broken'), '{"key":{"d":"half-a-secret"}}')
    await expect(open('broken')).rejects.toThrow(/holds no key that can be read$/)
    expect(readFileSync(join(folder, 'broken'), 'utf8')).toContain('half-a-secret')
  })
})
