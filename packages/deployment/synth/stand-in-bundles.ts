import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { deployedFunctions } from '../function-list.ts'

/** Empty folders in the place of the bundles, so that the graph needs no build and is the same with any. */
export function standInBundles(root: string): string {
  const folder = '.sst/synth/functions'
  for (const row of deployedFunctions) mkdirSync(join(root, folder, row.folder), { recursive: true })
  return folder
}
