import { enableCompileCache } from 'node:module'
import { relative } from 'node:path'
import { WrongConfiguration } from '@gridgate/runtime/wrong-configuration'
import { codeCache } from './cache-folder.ts'
import { CannotAdopt } from './cannot-adopt.ts'
import { outliveReader, WrongUse } from './command-line.ts'
import { FolderInUse, FolderUnusable, openDataFolder } from './data-folder.ts'
import { PortTaken } from './gateway/port-taken.ts'
import { localLog } from './local-log.ts'
import { help, type Options, readOptions } from './options.ts'
import { type Reporter, reporter } from './reporter.ts'
import type { Product } from './start-product.ts'

/** How often it is looked whether the parent is still there, in milliseconds. */
const parentCheckMs = 500
/** A stop that takes longer is ended the hard way, in milliseconds. */
const stopMsMax = 1800

/** The user's mistake: told in one line, without a stack. */
const isUsers = (error: unknown): error is Error =>
  [FolderInUse, FolderUnusable, PortTaken, CannotAdopt, WrongConfiguration].some((kind) => error instanceof kind)

/** The disk has no room: SQLite's own number for that, or the system's name. */
const isFull = (error: unknown): error is Error =>
  error instanceof Error && ('errcode' in error ? error.errcode === 13 : 'code' in error && error.code === 'ENOSPC')

async function main(): Promise<void> {
  const parent = process.ppid
  let options: Options | null
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error
    process.stderr.write(`gridgate: ${error.message}; see npm start -- --help\n`)
    process.exit(2)
  }
  if (!options) {
    process.stdout.write(help)
    return
  }
  try {
    await run(options, parent)
  } catch (error) {
    if (!isUsers(error) && !isFull(error)) throw error
    const hint = isFull(error) ? `; make room where ${options.data} is, or give another folder with --data DIR` : ''
    process.stderr.write(`gridgate: ${error.message}${hint}\n`)
    process.exit(1)
  }
}

async function run(options: Options, parent: number): Promise<void> {
  // Whatever this process and its children write is their owner's alone.
  process.umask(0o077)
  const report = reporter(options.json)
  const folder = openDataFolder(options.data)
  const isFirst = folder.isNew
  const log = localLog(folder.file('gridgate.log'))
  report.tell('starting', 'Gridgate is starting ...', { data: folder.path })
  // Imported only here, so that all that it imports is taken from the cache.
  enableCompileCache(codeCache)
  const { startProduct } = await import('./start-product.ts')
  const product = await startProduct({ ...options, folder, log })
  stopWhenAsked(product, parent, report)
  tellReady(product, options, report)
  if (isFirst && options.tour && !options.adopt) await showTour(product, report)
}

function tellReady(product: Product, options: Options, report: Reporter): void {
  const { url, key, kubeconfig, aws, adopted } = product
  const here = relative(process.env.INIT_CWD ?? '', kubeconfig)
  const shown = here.startsWith('..') ? kubeconfig : here
  const bearer = options.insecure ? '' : ` -H "Authorization: Bearer $GRIDGATE_KEY"`
  const lines = [
    `Ready at ${url} after ${Math.round(performance.now())} ms; the API is described at ${url}/docs`,
    ...(key ? [`Key for calls, shown this once: ${key}`] : []),
    ...(adopted
      ? [`Cluster ${adopted.clusterId} is adopted: context ${adopted.context} of ${shown}`]
      : [`Kubeconfig of the simulated cluster: ${shown}`]),
    '',
    'Try next:',
    ...(key && !options.insecure ? [`  export GRIDGATE_KEY=${key}`] : []),
    `  curl -s${bearer} ${url}/clusters`,
    `  curl -s${bearer} ${url}/tasks`,
    `  kubectl --kubeconfig ${shown} get nodes,pods -A`,
    '',
    'Ctrl-C stops it; the data stays.',
  ]
  report.tell('ready', lines.join('\n'), { url, key, kubeconfig, aws, adopted, ms: Math.round(performance.now()) })
}

/** The tour is a demonstration: when it fails, the server stays up and says so. */
async function showTour(product: Product, report: Reporter): Promise<void> {
  const { runTour } = await import('./tour/tour.ts')
  try {
    await runTour({ url: product.url, key: product.key, kubeconfig: product.kubeconfig }, report)
    report.tell('tour.ended', '\nThe server stays up for your next request; `npm run tour` shows this again.')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    report.tell('tour.failed', `\nThe tour stopped: ${reason}. The server stays up.`, { reason })
  }
}

/** Ends with a signal, or when the parent is gone, within two seconds whatever happens. */
function stopWhenAsked(product: Product, parent: number, report: Reporter): void {
  let stopping = false
  const stop = (why: string): void => {
    if (stopping) return
    stopping = true
    report.tell('stopping', '\nStopping ...', { why })
    setTimeout(() => process.exit(0), stopMsMax).unref()
    product.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
  setInterval(() => process.ppid === parent || stop('parent ended'), parentCheckMs).unref()
}

outliveReader()
await main()
