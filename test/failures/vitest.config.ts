import { defineConfig } from 'vitest/config'

/** Every failure at every state of the infra workflows; `npm test` runs a diagonal of it. */
export default defineConfig({
  test: {
    include: ['test/failures/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
