import { defineConfig } from 'vitest/config'
import { LastSequencer } from './last-sequencer.ts'

/** What must hold on real Kubernetes: one control plane for the whole run, files one after the other. */
export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    globalSetup: ['test/real/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    fileParallelism: false,
    sequence: { sequencer: LastSequencer },
  },
})
