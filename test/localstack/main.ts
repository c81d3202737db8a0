import { createServer } from 'node:net'
import { hasNoArguments } from '@gridgate/local/command-line'
import { install, whyNot } from './installation.ts'
import { startLocalStack } from './start-localstack.ts'

const help = `Starts LocalStack without docker, until Ctrl-C; the first time installs it into a cache. See test/localstack/README.md.

usage: [PORT=N] npm run localstack

  PORT     port on 127.0.0.1 (default 4566, which LocalStack's own tools expect)
  --help   this text

exit code: 0 stopped, 1 it cannot be installed or started, 2 wrong use
`

async function main(): Promise<number> {
  const { PORT = '4566' } = process.env
  if (!/^\d{1,5}$/.test(PORT) || Number(PORT) < 1 || Number(PORT) > 65_535)
    return refused(`PORT must be 1 to 65535, not ${PORT || 'empty'}`, 2)
  // Otherwise it waits in vain for what cannot listen, or takes another LocalStack there for its own.
  if (!(await isFree(Number(PORT)))) return refused(`port ${PORT} on 127.0.0.1 is taken; choose another with PORT=N`, 1)
  const reason = whyNot()
  if (reason !== null) return refused(reason, 1)
  install()
  const { url, log, stop } = await startLocalStack(Number(PORT))
  process.stdout.write(`LocalStack answers at ${url} (log: ${log}); Ctrl-C stops it and forgets its data.
In another terminal: AWS_ENDPOINT_URL=${url} npm start\n`)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void stop().then(() => process.exit(0)))
  return 0
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

function refused(why: string, code: number): number {
  process.stderr.write(`${why}\n`)
  return code
}

if (hasNoArguments('localstack', help)) process.exitCode = await main()
