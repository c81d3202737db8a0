import { install, whyNot } from './installation.ts'
import { startLocalStack } from './start-localstack.ts'

/** The port that LocalStack's own tools expect. */
const port = Number(process.env.PORT ?? 4566)

const reason = whyNot()
if (reason !== null) {
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
install()
const { url, log, stop } = await startLocalStack(port)
process.stdout.write(`LocalStack answers at ${url} (log: ${log}); Ctrl-C stops it and forgets its data.
In another terminal: AWS_ENDPOINT_URL=${url} npm start\n`)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void stop().then(() => process.exit(0)))
