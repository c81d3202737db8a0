/** Longest wait that a caller may ask for, in seconds: a function's reply comes within 30 (spec/decisions.md 4). */
export const waitSecondsMax = 25

/** How long `Prefer: wait=N` (RFC 7240 §4.3) asks to wait, in ms; what is no preference for a wait is passed over. */
export function waitMsOf(prefer: string | null, secondsDefault: number): number {
  const wanted = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1]
  return Math.min(wanted === undefined ? secondsDefault : Number(wanted), waitSecondsMax) * 1000
}
