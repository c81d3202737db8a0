import { setTimeout as delay } from 'node:timers/promises'
import { appsOf } from '@gridgate/controller/apps'
import { openMetricsDatabase } from '@gridgate/controller/metrics/database'
import { listen } from '@gridgate/controller/serve'
import { readerPorts } from '../../../packages/controller/contract/metrics-reader.ts'
import { announce } from './announce.ts'

// The reader's own endpoints and listener at a moment that stands still, reading anew after each pause.
const [, , database = '', seconds = '', pauseMs = ''] = process.argv
const pause = (): Promise<void> => delay(Number(pauseMs))
const ports = readerPorts(
  openMetricsDatabase(() => database),
  new Date(Number(seconds) * 1000),
  pause,
)
for (const [, app] of appsOf('metrics-reader', ports)) {
  const address = (await listen(app, '127.0.0.1', 0)).address()
  if (address !== null && typeof address !== 'string') announce(`http://127.0.0.1:${address.port}`)
}
