import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { places } from '../places.ts'
import { capMemory } from './memory-cap.ts'

/** A module with one memory of 16 to 65536 pages; the maximum takes three bytes. */
const moduleOf = (...memory: number[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, memory.length, ...memory])
const declared = [1, 1, 16, 0x80, 0x80, 4]

describe('capMemory', () => {
  it('bounds the memory that the module can grow to', () => {
    const bytes = moduleOf(...declared)
    capMemory(bytes, 2)
    expect([...bytes.slice(-3)]).toEqual([0x80 | 32, 0x80, 0])
    expect([...bytes.slice(0, -3)]).toEqual([...moduleOf(...declared).slice(0, -3)])
  })

  it('finds the memory of the Pyodide that is installed', () => {
    const bytes = readFileSync(path.join(places.pyodide, 'pyodide.asm.wasm'))
    const before = Buffer.from(bytes)
    capMemory(bytes, 128)
    expect(bytes.equals(before)).toBe(false)
  })

  it.each([
    { when: 'there is no memory', bytes: Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) },
    { when: 'the memory has no maximum', bytes: moduleOf(1, 0, 16) },
    { when: 'the maximum is below the minimum', bytes: moduleOf(1, 1, 64, 0x80, 0x80, 4) },
    { when: 'the maximum leaves no room for another', bytes: moduleOf(1, 1, 16, 40) },
    { when: 'the module is cut', bytes: moduleOf(...declared).slice(0, 11) },
  ])('refuses a module when $when', ({ bytes }) => {
    const before = [...bytes]
    expect(() => capMemory(bytes, 2)).toThrow()
    expect([...bytes]).toEqual(before)
  })
})
