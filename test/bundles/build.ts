import { join } from 'node:path'
import { buildBundles } from '@gridgate/local/bundles/build-bundles'
import type { TestProject } from 'vitest/node'
import { temporaryFolder } from '../e2e/product.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the build. */
    dist: string
  }
}

/** Builds everything once, outside of the repository: nothing is found in its node_modules then. */
export default async function build(project: TestProject): Promise<() => void> {
  const folder = temporaryFolder()
  const dist = join(folder.path, 'dist')
  await buildBundles(dist)
  project.provide('dist', dist)
  return () => folder.remove()
}
