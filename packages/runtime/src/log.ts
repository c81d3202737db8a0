import { Logger } from '@aws-lambda-powertools/logger'
import type { Log } from '@gridgate/core/ports'
import type { Config } from './config.ts'

/** Structured log lines on standard output, where Lambda and the local host pick them up. */
export function openLog(config: Pick<Config, 'GRIDGATE_LOG_LEVEL'>): Log {
  const logger = new Logger({ serviceName: 'gridgate', logLevel: config.GRIDGATE_LOG_LEVEL })
  return {
    info: (event, fields) => logger.info(event, { ...fields }),
    warn: (event, fields) => logger.warn(event, { ...fields }),
    error: (event, fields) => logger.error(event, { ...fields }),
  }
}
