import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, it } from 'vitest'
import { workflows } from '../../../../workflows/manifest.ts'
import { functionBundles } from './bundle-functions.ts'

const pathOf = (file: string): string => new URL(`../../../../${file}`, import.meta.url).pathname
const steps = pathOf('workflows/create-cluster-infra/steps.ts')
const closing = pathOf('functions/internal/close-task.ts')

let file = ''
beforeAll(async () => {
  file = await functionBundles([steps, closing])(steps)
})

it('gives a file that exports the functions of its module', async () => {
  const bundled = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  const wanted = workflows.find(({ name }) => name === 'create-cluster-infra')?.steps.map(({ name }) => name)
  expect(Object.keys(bundled).sort()).toEqual(wanted?.toSorted())
})

it('bundles the same sources once', async () => {
  const { mtimeMs } = await stat(file)
  const again = await functionBundles([steps, closing])(steps)
  expect(again).toBe(file)
  expect((await stat(again)).mtimeMs).toBe(mtimeMs)
})

it('fails for a module that is not there, and tries again the next time', async () => {
  const missing = pathOf('functions/internal/missing.ts')
  const load = functionBundles([missing])
  await expect(load(missing)).rejects.toThrow('missing.ts')
  await expect(load(missing)).rejects.toThrow('missing.ts')
})
