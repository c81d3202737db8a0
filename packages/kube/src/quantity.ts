const decimal = { k: 3, M: 6, G: 9, T: 12, P: 15, E: 18, '': 0, m: -3, u: -6, n: -9 } as const
const binary = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 } as const

const pattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|[eE]([+-]?\d{1,3})|([numkMGTPE]?))$/

/** Longest text that is looked at; Kubernetes' own canonical form is shorter. */
const charactersMax = 64
const megabyte = 2 ** 20

/**
 * The number that a Kubernetes quantity stands for (`3920m`, `263856852Ki`, `1e3`, `1.5Gi`), or null when it is none. Whole
 * results are exact up to 2^53.
 */
export function parseQuantity(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.length > charactersMax) return null
  const [, digits, power, exponent, suffix = ''] = pattern.exec(text) ?? []
  if (digits === undefined) return null
  if (power !== undefined) return finite(Number(digits) * 2 ** binary[power as keyof typeof binary])
  // The exponent goes into the literal, because `3920 * 0.001` is not 3.92.
  return finite(Number(`${digits}e${exponent ?? decimal[suffix as keyof typeof decimal]}`))
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** A quantity of bytes in MB as node documents count them (2^20 bytes, rounded down), or null. */
export function megabytesOf(quantity: unknown): number | null {
  const bytes = parseQuantity(quantity)
  return bytes === null ? null : Math.floor(bytes / megabyte)
}
