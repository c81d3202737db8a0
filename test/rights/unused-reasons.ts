import type { Reason } from './granted.ts'

/** Rights that no suite uses, by the port that asks for them, and why they stay. */
export const reasons: readonly Reason[] = []
