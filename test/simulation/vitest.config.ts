import { defineConfig } from 'vitest/config'

const named = 'test/simulation/named-seed.test.ts'

/** Failover on a virtual clock, many seeds in several files, which run at the same time; or the one that GRIDGATE_SEED names. */
export default defineConfig({
  test: {
    ...(process.env.GRIDGATE_SEED === undefined
      ? { include: ['test/simulation/**/*.test.ts'], exclude: [named] }
      : { include: [named] }),
    testTimeout: 600_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
