import { defineConfig } from 'vitest/config'

/** The whole local product, killed again and again while it works. */
export default defineConfig({
  test: {
    include: ['test/crash/**/*.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
    bail: 1,
  },
})
