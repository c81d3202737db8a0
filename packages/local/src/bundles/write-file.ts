import { cp, mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export const repository = join(import.meta.dirname, '../../../..')

/** Names of the file with a function's code, and of the folders in a build. */
export const programFile = 'index.mjs'
export const functionsFolder = 'functions'
export const mapsFolder = 'maps'

/** Writes a file without its time: times differ from one build to the next, and would be part of what is deployed. */
export async function write(file: string, contents: Uint8Array): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, contents)
  await utimes(file, 0, 0)
}

/** Copies a file in the same way. */
export async function copyFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await cp(from, to)
  await utimes(to, 0, 0)
}
