import { defineConfig } from 'vitest/config'
import { findPrograms } from './programs.ts'

const found = findPrograms()
const isSkipped = 'missing' in found && process.env.CI !== 'true'
if (isSkipped) process.stdout.write(`test:metrics is skipped: ${found.missing}\n`)

/** What must hold on a real metrics database with real exporters. Skipped where there are none, but never in CI. */
export default defineConfig({
  test: {
    include: isSkipped ? [] : ['test/metrics/**/*.test.ts'],
    passWithNoTests: isSkipped,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
})
