/** Bytes of one WebAssembly page (WebAssembly core specification, 4.2.8). */
const pageBytes = 64 * 1024
const memorySection = 5
/** Room of the number that is rewritten: three bytes of LEB128. */
const maximumBytes = 3

/**
 * Lowers the declared maximum of a WebAssembly module's memory, in place: a Python heap that reaches it raises
 * MemoryError instead of taking the host's memory. Throws when the module does not have the expected memory section.
 */
export function capMemory(module: Uint8Array, memoryMbMax: number): void {
  const pages = (memoryMbMax * 1024 * 1024) / pageBytes
  const reader = new ByteReader(module, 8)
  while (!reader.atEnd) {
    const id = reader.byte()
    const end = reader.number() + reader.position
    if (id === memorySection) {
      rewriteMaximum(module, reader, pages)
      return
    }
    reader.position = end
  }
  throw new Error('the WebAssembly module has no memory section')
}

function rewriteMaximum(module: Uint8Array, reader: ByteReader, pages: number): void {
  reader.number()
  const flags = reader.byte()
  const minimum = reader.number()
  const at = reader.position
  const maximum = reader.number()
  const fits = (flags & 1) === 1 && reader.position - at === maximumBytes
  if (!fits || pages < minimum || pages > maximum) {
    throw new Error(`unexpected memory section: flags ${flags}, ${minimum} to ${maximum} pages, wanted ${pages}`)
  }
  for (let index = 0; index < maximumBytes; index++) {
    const last = index === maximumBytes - 1
    module[at + index] = ((pages >> (7 * index)) & 0x7f) | (last ? 0 : 0x80)
  }
}

/** Reads bytes and LEB128 numbers one after another. */
class ByteReader {
  readonly #bytes: Uint8Array
  position: number

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes
    this.position = position
  }

  get atEnd(): boolean {
    return this.position >= this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.position++]
    if (value === undefined) throw new Error('the WebAssembly module ends early')
    return value
  }

  number(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
}
