import { createHash, randomUUID } from 'node:crypto'
import type { Expression } from 'jsonata'
import type { Json } from '../aws/service.ts'
import { rangeItemsMax } from './limits.ts'
import { fraction } from './retry.ts'

/** Names that the engine hands to an expression besides variables; the blank keeps them out of an author's reach. */
export const bound = { now: ' now', steps: ' steps' } as const

/** What JSONata gives a function as `this`. */
interface Focus {
  environment: { lookup(name: string): unknown }
}

/** A function that JSONata brings itself. */
interface NativeFunction {
  implementation: (this: Focus, ...values: unknown[]) => unknown
}

const algorithms: Record<string, string> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}

/** Brings the functions that Step Functions adds to JSONata, and takes away `$eval` (spec/step-functions.md section 7). */
export function addFunctions(expression: Expression): void {
  expression.registerFunction('partition', partition, '<an:a>')
  expression.registerFunction('range', range, '<nnn:x>')
  expression.registerFunction('hash', hash, '<ss:s>')
  expression.registerFunction(
    'random',
    (seed?: number) => (seed === undefined ? Math.random() : fraction(`${seed}`)),
    '<n?:n>',
  )
  expression.registerFunction('uuid', () => randomUUID(), '<:s>')
  expression.registerFunction('parse', (text: string) => JSON.parse(text) as Json, '<s:x>')
  expression.registerFunction('now', now, '<s?s?:s>')
  expression.registerFunction('millis', millis, '<:n>')
  expression.assign('eval', undefined)
}

/** Names that are always there, for the check of undefined variables: JSONata 2.0.6 without `$eval`, and ours. */
export const functionNames: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis partition range hash uuid parse`.split(/\s+/),
)

function partition(items: Json[], size: number): Json[][] {
  if (!Number.isInteger(size) || size < 1) throw new Error('the chunk size must be a positive integer')
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, part * size + size),
  )
}

/** All numbers from `first` by `step`, the end included if it is hit; one number alone comes without its list (recorded). */
function range(first: number, end: number, step: number): Json {
  if (step === 0) throw new Error('the step of a range must not be 0')
  const count = Math.max(0, Math.floor((end - first) / step) + 1)
  if (count > rangeItemsMax) throw new Error(`a range has at most ${rangeItemsMax} items`)
  const items = Array.from({ length: count }, (_, index) => first + index * step)
  return items.length === 1 ? (items[0] as number) : items
}

function hash(text: string, algorithm: string): string {
  const name = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined
  if (!name) throw new Error(`the hash algorithm must be one of ${Object.keys(algorithms).join(', ')}`)
  return createHash(name).update(text).digest('hex')
}

function millis(this: Focus): number {
  return this.environment.lookup(bound.now) as number
}

function now(this: Focus, picture?: string, zone?: string): unknown {
  const format = this.environment.lookup('fromMillis') as NativeFunction
  return format.implementation.call(this, millis.call(this), picture, zone)
}
