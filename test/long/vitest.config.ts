import { defineConfig } from 'vitest/config'
import { longTests } from './files.ts'

/** What would make `npm test` longer than anybody waits for. */
export default defineConfig({
  test: {
    include: longTests,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    pool: 'forks',
  },
})
