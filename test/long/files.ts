/** Tests of real parts that each take half a minute or so: policies on remote executors, archives, the controller's image. */
export const longTests = [
  'test/remote-engine.test.ts',
  'test/e2e/executor.test.ts',
  'packages/sandbox/src/policy-archives.test.ts',
  'packages/controller/build.test.ts',
]
