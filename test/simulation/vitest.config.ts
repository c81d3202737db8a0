import { defineConfig } from 'vitest/config'

/** Failover on a virtual clock, many seeds; half of them in each of two files, so that they run at the same time. */
export default defineConfig({
  test: {
    include: ['test/simulation/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
