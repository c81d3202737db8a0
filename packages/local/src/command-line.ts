import { resolve } from 'node:path'
import { type ParseArgsConfig, parseArgs } from 'node:util'

/** The command was called wrongly; the message is one line for who called it. */
export class WrongUse extends Error {}

/** Node's own parseArgs, whose refusals are one line here. @throws {WrongUse} */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new WrongUse(text.split(/\. |\.?\n/)[0])
  }
}

/** The address of a server, without a slash at its end. @throws {WrongUse} */
export function readUrl(given: string | undefined): string {
  if (given === undefined || !/^https?:$/.test(URL.parse(given)?.protocol ?? ''))
    throw new WrongUse(`--url must be an http or https address${given ? `, not ${given}` : ''}`)
  return given.replace(/\/+$/, '')
}

/** The key for calls: the option, else GRIDGATE_KEY, else none. It is never told again. @throws {WrongUse} */
export function readKey(given: string | undefined): string | null {
  const key = given ?? (process.env.GRIDGATE_KEY || null)
  if (key !== null && !/^[\x21-\x7e]+$/.test(key)) throw new WrongUse('the key is empty, or no key: it has no spaces')
  return key
}

/** A file or folder as the user named it: npm starts commands in the repository, wherever the user is. */
export const namedPath = (given: string): string => resolve(process.env.INIT_CWD ?? '', given)

/** A reader that goes away (`| head`) ends no command half done, and its exit code stays true. */
export function outliveReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

/** For commands without options: whether to go on. Otherwise the help, or what is wrong, has been told. */
export function hasNoArguments(name: string, help: string): boolean {
  try {
    const { values } = readArguments({ options: { help: { type: 'boolean', default: false } } })
    if (values.help) process.stdout.write(help)
    return !values.help
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}; --help tells what it does\n`)
    process.exitCode = 2
    return false
  }
}
