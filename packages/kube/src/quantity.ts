const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

const pattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/

/** The number that a quantity such as `500m`, `8` or `512Gi` stands for, or null when it is none. */
export function parseQuantity(value: unknown): number | null {
  const match = pattern.exec(String(value))
  if (!match) return null
  const [, digits = '', exponent = '', suffix = ''] = match
  return Number(digits + exponent) * (suffixes[suffix] ?? 1)
}
