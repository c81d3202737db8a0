import type { GridError } from '@gridgate/core/errors'
import { ConditionFailed } from './store.ts'

/** Waits for a conditional write; a condition that was not met becomes the given error. */
export async function orConflict(write: Promise<void>, conflict: () => GridError): Promise<void> {
  try {
    await write
  } catch (error) {
    throw error instanceof ConditionFailed ? conflict() : error
  }
}
