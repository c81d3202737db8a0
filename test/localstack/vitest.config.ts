import { defineConfig } from 'vitest/config'
import { whyNot } from './installation.ts'

const reason = process.env.AWS_ENDPOINT_URL === undefined ? whyNot() : null
if (reason !== null) process.stdout.write(`test:localstack is skipped: ${reason}\n`)

/** What must hold on an emulator of AWS that is not ours. Skipped in a line where it cannot run. */
export default defineConfig({
  test: {
    include: reason === null ? ['test/localstack/**/*.test.ts', 'packages/storage/src/*.test.ts'] : [],
    passWithNoTests: reason !== null,
    globalSetup: reason === null ? ['test/localstack/global-setup.ts'] : [],
    setupFiles: ['test/localstack/point-clients.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
  },
})
