import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Product, root, startProduct, temporaryFolder } from '../e2e/product.ts'
import { smoke } from './smoke-checks.ts'

const folder = temporaryFolder()
let product: Product
beforeAll(async () => {
  product = startProduct(folder.path, '--no-tour')
  await product.ready
})
afterAll(async () => {
  await product.interrupt()
  folder.remove()
})

async function outcomes(url: string, key: string): Promise<[string, boolean][]> {
  const found: [string, boolean][] = []
  for await (const { check, error } of smoke(url, key, async () => {})) found.push([check, error === null])
  return found
}

describe('deploy-smoke', () => {
  it('finds the local product well', async () => {
    const { url, key } = await product.ready
    const found = await outcomes(url, key ?? '')
    expect(found.filter(([, isWell]) => !isWell)).toEqual([])
    expect(found).toHaveLength(10)
  })

  it('says what a wrong key keeps it from', async () => {
    const found = await outcomes((await product.ready).url, 'gg_wrong')
    expect(found.filter(([, isWell]) => !isWell).map(([check]) => check)).toEqual([
      ...['it lists clusters', 'a policy admits', 'a policy denies'],
    ])
  })

  it('fails every check where nobody answers', async () => {
    const found = await outcomes('http://127.0.0.1:1', 'k')
    expect(found.filter(([, isWell]) => isWell)).toEqual([])
  })

  it.each([
    { args: ['--help'], code: 0 },
    { args: ['--url', 'https://x.example'], code: 2 },
    { args: ['--url', 'nowhere', '--key', 'k'], code: 2 },
    { args: ['--odd'], code: 2 },
    { args: ['--url', 'ftp://x.example', '--key', 'k'], code: 2 },
    { args: ['--url', 'https://x.example', '--key', ''], code: 2 },
  ])('ends with $code for $args', ({ args, code }) => {
    const options = { cwd: root, env: { PATH: process.env.PATH } }
    expect(spawnSync(process.execPath, ['test/deploy/smoke.ts', ...args], options).status).toBe(code)
  })
})
