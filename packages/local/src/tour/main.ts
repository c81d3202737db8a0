import { parseArgs } from 'node:util'
import { reporter } from '../reporter.ts'
import { runTour } from './tour.ts'

const help = `Shows Gridgate's main job on a running server, by its HTTP API only.

usage: npm run tour -- [options]

  --url URL          of the server (default http://127.0.0.1:3000)
  --key KEY          a network-admin key (default: the variable GRIDGATE_KEY; none for a server started with --insecure)
  --kubeconfig FILE  of the cluster to build on (default .gridgate/kubeconfig, the simulated one)
  --json             one JSON event a line instead of text
  --help             this text
`

async function main(): Promise<number> {
  let values: { url: string; key?: string; kubeconfig: string; json: boolean; help: boolean }
  try {
    values = parseArgs({
      options: {
        url: { type: 'string', default: 'http://127.0.0.1:3000' },
        key: { type: 'string' },
        kubeconfig: { type: 'string', default: '.gridgate/kubeconfig' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}; see npm run tour -- --help\n`)
    return 2
  }
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  try {
    const key = values.key ?? process.env.GRIDGATE_KEY ?? null
    await runTour({ url: values.url.replace(/\/$/, ''), key, kubeconfig: values.kubeconfig }, reporter(values.json))
    return 0
  } catch (error) {
    process.stderr.write(`the tour stopped: ${error instanceof Error ? error.message : error}\n`)
    return 1
  }
}

process.exitCode = await main()
