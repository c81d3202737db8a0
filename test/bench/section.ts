/** A promise with what was measured; `bound` and `value` are in the same unit. */
export interface Claim {
  what: string
  unit: string
  value: number
  /** Largest or smallest value that keeps the promise; null where none is made. */
  bound: { atMost: number } | { atLeast: number } | null
  /** Every measured value, in the order of measuring: their spread is the noise. */
  values: readonly number[]
}

/** One part of the bench. */
export interface Section {
  name: string
  about: string
  run(): Promise<Claim[]>
}

export const isKept = ({ bound, value }: Claim): boolean =>
  bound === null || ('atMost' in bound ? value <= bound.atMost : value >= bound.atLeast)

/** Value below which the given part of the values lies; 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** A claim on the median of the values. */
export const claim = (what: string, unit: string, values: readonly number[], bound: Claim['bound'] = null): Claim => ({
  what,
  unit,
  value: median(values),
  bound,
  values,
})

/** A claim that holds at every moment. */
export const largest = (
  what: string,
  unit: string,
  values: readonly number[],
  bound: Claim['bound'] = null,
): Claim => ({
  ...claim(what, unit, values, bound),
  value: Math.max(...values),
})
