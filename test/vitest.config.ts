import { defineConfig } from 'vitest/config'
import { longTests } from './long/files.ts'

/** Everything that `npm test` runs; heavier suites have configurations of their own. */
export default defineConfig({
  test: {
    include: ['{functions,workflows,packages,policies,test}/**/*.test.ts'],
    exclude: [
      '**/node_modules/**',
      'packages/deployment/**',
      'test/deploy/**',
      'test/real/**',
      'test/metrics/**',
      'test/localstack/**',
      'test/failures/**',
      'test/simulation/**',
      'test/crash/**',
      'test/fuzz/**',
      'test/bundles/**',
      'test/events/**',
      ...longTests,
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    pool: 'forks',
  },
})
