import { ConditionFailed } from './store.ts'

/** Waits for a conditional write and says whether its condition was met. */
export async function isWritten(write: Promise<void>): Promise<boolean> {
  try {
    await write
    return true
  } catch (error) {
    if (error instanceof ConditionFailed) return false
    throw error
  }
}
