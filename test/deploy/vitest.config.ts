import { defineConfig } from 'vitest/config'

/** The deployed system without an account: SST's types, the graph of resources, rights, limits and definitions. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    globalSetup: ['test/deploy/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
