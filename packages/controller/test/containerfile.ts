import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const lines = readFileSync(join(import.meta.dirname, '../Containerfile'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** What follows each `instruction` of the Containerfile, in its order. */
export const containerfile = (instruction: string): string[] =>
  lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []))

/** How the image starts its program, on this machine. */
export interface ImageStart {
  command: string
  args: string[]
  env: Record<string, string>
}

/** The image's entry point and environment, with this process' Node in the place of its own. @param folder in the place of `/app` */
export function imageStart(folder: string): ImageStart {
  const [, ...args] = JSON.parse(containerfile('ENTRYPOINT')[0] ?? '[]') as string[]
  const variables = containerfile('ENV').flatMap((line) => line.split(' '))
  return {
    command: process.execPath,
    args: args.map((arg) => arg.replace(/^\/app\//, `${folder}/`)),
    env: Object.fromEntries(variables.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)])),
  }
}
