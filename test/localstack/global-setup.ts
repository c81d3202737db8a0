import type { TestProject } from 'vitest/node'
import { install } from './installation.ts'
import { startLocalStack } from './start-localstack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    endpoint: string
  }
}

/** One LocalStack for the whole run: that which AWS_ENDPOINT_URL names, else one that is started and ended with the run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.AWS_ENDPOINT_URL
  if (given !== undefined) {
    project.provide('endpoint', given)
    return async () => {}
  }
  install()
  const begun = performance.now()
  const { url, stop } = await startLocalStack()
  process.stderr.write(`LocalStack answers at ${url} after ${Math.round(performance.now() - begun)} ms\n`)
  project.provide('endpoint', url)
  return stop
}
