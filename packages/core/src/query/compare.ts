/** Texts that count as numbers: decimal, with sign, fraction and exponent; nothing around them. */
const numeric = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i
const numericCharactersMax = 64

/** The number that a value is or reads as, or null. */
export function toNumber(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || value.length > numericCharactersMax || !numeric.test(value)) return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/**
 * Orders two values: as numbers when either looks like one (spec/errors-and-gaps.md 38), else two texts by their characters.
 * @returns below, equal to or above 0; null where they have no order
 */
export function order(a: unknown, b: unknown): number | null {
  const [left, right] = [toNumber(a), toNumber(b)]
  if (left !== null && right !== null) return left - right
  if (left !== null || right !== null) return null
  if (typeof a !== 'string' || typeof b !== 'string') return null
  return a < b ? -1 : a > b ? 1 : 0
}

/** Claims that two values are the same, numbers also when one is quoted; lists and objects by what they hold. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  const compared = order(a, b)
  if (compared !== null) return compared === 0
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false
  const [keys, others] = [Object.keys(a), Object.keys(b)]
  return (
    keys.length === others.length &&
    keys.every(
      (key) =>
        Object.hasOwn(b, key) && isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    )
  )
}

/** A text that is the same for plain values that are equal by `isEqual`, and for no others; null for what is not plain. */
export function equalityKey(value: unknown): string | null {
  const number = toNumber(value)
  if (number !== null) return `number ${number === 0 ? 0 : number}`
  return typeof value === 'string' || typeof value === 'boolean' ? `${typeof value} ${value}` : null
}
