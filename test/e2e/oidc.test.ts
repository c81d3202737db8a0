import type { JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openIssuer, type TokenIssuer } from '../token-issuer.ts'
import { call, type Product, startProduct, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
let issuer: TokenIssuer
let product: Product
beforeAll(async () => {
  issuer = await openIssuer()
  process.env.GRIDGATE_OUTBOUND_LOCAL = new URL(issuer.url).host
  product = startProduct(folder.path, '--no-tour', '--oidc-issuer', issuer.url, '--oidc-audience', 'gridgate')
  await product.ready
})
afterAll(async () => {
  await product.interrupt()
  await issuer.stop()
  folder.remove()
})

const token = (more: JWTPayload = {}): Promise<string> => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const rights = { gridgate_role: 'cluster-manager', gridgate_clusters: ['west-1'] }
  return issuer.sign({ iss: issuer.url, aud: 'gridgate', sub: 'ann', exp, ...rights, ...more })
}
const as = async (bearer: string, path = '/clusters') =>
  call((await product.ready).url, 'GET', path, undefined, { authorization: `Bearer ${bearer}` })

describe('npm start -- --oidc-issuer URL --oidc-audience AUD', () => {
  it("takes the issuer's tokens beside keys, each with its rights", async () => {
    expect(await as(await token())).toMatchObject({ status: 200, body: { data: [] } })
    expect(await as(await token(), '/keys')).toMatchObject({ status: 403, body: { code: 'auth.forbidden' } })
    expect(await as(await token(), '/clusters/read/east-1')).toMatchObject({ status: 404 })
    expect(await product.call('GET', '/keys')).toMatchObject({ status: 200 })
  })

  it('does not ask the issuer at every call that names another key', async () => {
    await issuer.rotate({ alg: 'EdDSA' })
    const refused = await as(await token())
    expect(refused).toMatchObject({ status: 401, body: { code: 'auth.invalid' } })
    expect(refused.headers.get('www-authenticate')).toContain('invalid_token')
  })

  it('says in one line what of the settings cannot be', async () => {
    const other = temporaryFolder()
    const wrong = startProduct(other.path, '--oidc-issuer', 'http://issuer.example', '--oidc-audience', 'gridgate')
    expect((await wrong.ended).code).toBe(1)
    expect(wrong.errors().trim()).toMatch(/^gridgate: wrong configuration: GRIDGATE_OIDC_ISSUER must be .*$/)
    other.remove()
  })
})
