import { defineConfig } from 'vitest/config'

/** The functions as they are deployed: what is in their bundles, and how they answer the events of AWS. */
export default defineConfig({
  test: {
    include: ['test/{bundles,events}/**/*.test.ts'],
    globalSetup: ['test/bundles/build.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
