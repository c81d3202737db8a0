import { namedPath, outliveReader, readArguments, readKey, readUrl, WrongUse } from '../command-line.ts'
import { reporter } from '../reporter.ts'
import { runTour, type TourOptions } from './tour.ts'

const help = `Shows Gridgate's main job on a running server, by its HTTP API only.

usage: npm run tour -- [options]

  --url URL          of the server (default http://127.0.0.1:3000)
  --key KEY          a network-admin key (default: the variable GRIDGATE_KEY; none for a server started with --insecure)
  --kubeconfig FILE  of the cluster to build on (default .gridgate/kubeconfig, the simulated one)
  --json             one JSON event a line instead of text
  --help             this text

exit code: 0 all was shown, 1 the server answered otherwise, 2 wrong use
`

/** What was asked for; null asks for help. @throws {WrongUse} */
function readTour(): (TourOptions & { json: boolean }) | null {
  const { values } = readArguments({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:3000' },
      key: { type: 'string' },
      kubeconfig: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  if (values.kubeconfig === '') throw new WrongUse('--kubeconfig is empty')
  return {
    url: readUrl(values.url),
    key: readKey(values.key),
    kubeconfig: values.kubeconfig === undefined ? '.gridgate/kubeconfig' : namedPath(values.kubeconfig),
    json: values.json,
  }
}

async function main(): Promise<number> {
  try {
    const asked = readTour()
    if (asked === null) process.stdout.write(help)
    else await runTour(asked, reporter(asked.json))
    return 0
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const isWrongUse = error instanceof WrongUse
    process.stderr.write(isWrongUse ? `${text}; see npm run tour -- --help\n` : `the tour stopped: ${text}\n`)
    return isWrongUse ? 2 : 1
  }
}

outliveReader()
process.exitCode = await main()
