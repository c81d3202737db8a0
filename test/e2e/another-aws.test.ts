import { readdirSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { freePorts } from '../real/control-plane/free-ports.ts'
import { startProductOn, temporaryFolder } from './product.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

it.each([
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_KMS',
])('says in one line that nobody listens where %s leads, and makes nothing', async (variable) => {
  const [port] = await freePorts(1)
  const product = startProductOn({ [variable]: `http://127.0.0.1:${port}` }, folder.path)
  expect((await product.ended).code).toBe(1)
  expect(product.errors()).toBe(
    `gridgate: nothing answers at http://127.0.0.1:${port}, which ${variable} names (ECONNREFUSED); start what is to listen there, or unset ${variable} to use the embedded AWS\n`,
  )
  expect(product.said.map(({ event }) => event)).toEqual(['starting'])
  // Neither a key nor a fact: the next start is the first one.
  expect(readdirSync(folder.path).filter((name) => !name.startsWith('lock.sqlite'))).toEqual([])
})
