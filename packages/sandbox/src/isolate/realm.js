// Runs inside the empty isolate before Pyodide. It offers the few web interfaces that Pyodide's shell mode needs, none of
// which reaches the host: `gridgateRandom` (random bytes in base64) is the only host function there is.
;(() => {
  const chunkUnits = 8192

  class TextEncoder {
    encoding = 'utf-8'

    encode(text = '') {
      const source = String(text).toWellFormed()
      const bytes = new Uint8Array(source.length * 3)
      let length = 0
      for (let index = 0; index < source.length; index++) {
        const code = source.codePointAt(index)
        if (code > 0xffff) index++
        if (code < 0x80) {
          bytes[length++] = code
          continue
        }
        const trailing = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
        bytes[length++] = [0, 0xc0, 0xe0, 0xf0][trailing] | (code >> (6 * trailing))
        for (let left = trailing - 1; left >= 0; left--) bytes[length++] = 0x80 | ((code >> (6 * left)) & 0x3f)
      }
      return bytes.slice(0, length)
    }

    encodeInto(text, target) {
      const bytes = this.encode(text)
      const written = Math.min(bytes.length, target.length)
      target.set(bytes.subarray(0, written))
      return { read: text.length, written }
    }
  }

  class TextDecoder {
    constructor(label = 'utf-8') {
      this.encoding = String(label).toLowerCase()
    }

    decode(input) {
      if (input === undefined) return ''
      const bytes =
        input instanceof ArrayBuffer
          ? new Uint8Array(input)
          : new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      if (this.encoding.startsWith('utf-16'))
        return join(bytes.length >> 1, (at) => [bytes[2 * at] | (bytes[2 * at + 1] << 8), 1])
      if (this.encoding !== 'utf-8') return join(bytes.length, (at) => [bytes[at], 1])
      return join(bytes.length, (at) => codePoint(bytes, at))
    }
  }

  function codePoint(bytes, at) {
    const first = bytes[at]
    if (first < 0x80) return [first, 1]
    const trailing = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3
    let code = first & (0x3f >> trailing)
    for (let index = 1; index <= trailing; index++) code = (code << 6) | (bytes[at + index] & 0x3f)
    return [code > 0x10ffff ? 0xfffd : code, trailing + 1]
  }

  function join(length, read) {
    let text = ''
    let codes = []
    for (let at = 0; at < length; ) {
      const [code, step] = read(at)
      codes.push(code)
      at += step
      if (codes.length >= chunkUnits) {
        text += String.fromCodePoint(...codes)
        codes = []
      }
    }
    return text + String.fromCodePoint(...codes)
  }

  const started = Date.now()
  const random = globalThis.gridgateRandom
  const unavailable = (name) => () => {
    throw new Error(`${name} is not available`)
  }
  Object.assign(globalThis, {
    self: globalThis,
    TextEncoder,
    TextDecoder,
    performance: { now: () => Date.now() - started, timeOrigin: started },
    console: { log() {}, info() {}, debug() {}, warn() {}, error() {} },
    print() {},
    printErr() {},
    setTimeout: () => 0,
    clearTimeout() {},
    setInterval: () => 0,
    clearInterval() {},
    setImmediate: () => 0,
    queueMicrotask: (run) => void Promise.resolve().then(run),
    load: unavailable('load'),
    read: unavailable('read'),
    readbuffer(path) {
      const bytes = globalThis.gridgateFiles[path.slice(path.lastIndexOf('/') + 1)]
      if (!bytes) throw new Error(`no file ${path}`)
      return bytes
    },
    // Pyodide's shell mode asks a shell for random bytes; the command is never run, only its length is read.
    os: { system: (_command, [, script]) => random(Number(/head -c(\d+)/.exec(script)[1])) },
    URL: class {
      constructor(href) {
        this.href = href
      }
      toString() {
        return this.href
      }
    },
    AbortController: class {
      signal = { aborted: false, addEventListener() {} }
      abort() {}
    },
  })
  delete globalThis.gridgateRandom

  // Nothing drives V8's background compilation in here: compile at once.
  const { Instance, Memory } = WebAssembly
  // Kept under names of their own: a policy may change the global ones.
  const { ArrayBuffer: PlainBuffer, SharedArrayBuffer: SharedBuffer, Proxy: Guard, Uint8Array: Bytes } = globalThis
  const { construct } = Reflect
  let isBounded = false
  const Module = guarded(WebAssembly.Module, (source) => (isBounded ? withoutMemory(source) : source))
  WebAssembly.Module.prototype.constructor = WebAssembly.Module = Module
  WebAssembly.compile = async (bytes) => new Module(bytes)
  WebAssembly.instantiate = async (source, imports) => {
    if (source instanceof Module) return new Instance(source, imports)
    const module = new Module(source)
    return { module, instance: new Instance(module, imports) }
  }
  WebAssembly.instantiateStreaming = undefined
  WebAssembly.compileStreaming = undefined

  // The isolate's memory limit counts neither a memory of WebAssembly nor a buffer that can grow. Once Python has its own
  // memory, which is bounded, nobody gets another.
  globalThis.gridgateBoundMemory = () => {
    delete globalThis.gridgateBoundMemory
    isBounded = true
    delete WebAssembly.Memory
    delete Memory.prototype.constructor
    delete globalThis.SharedArrayBuffer
    delete SharedBuffer.prototype.constructor
    PlainBuffer.prototype.constructor = globalThis.ArrayBuffer = guarded(PlainBuffer, (bytes) => bytes)
  }

  /** A class that is given one argument, as `change` makes it. The handler inherits no traps, which would be told the class. */
  function guarded(real, change) {
    const handler = { construct: (_, [given], target) => construct(real, [change(given)], target) }
    return new Guard(real, Object.setPrototypeOf(handler, null))
  }

  /**
   * A copy of a module's bytes, which nobody changes while they are looked at. Throws where they declare a memory. It asks
   * for nothing that a policy can change, and the length of an array is such a thing.
   */
  function withoutMemory(source) {
    const bytes = new Bytes(new Bytes(source))
    const memorySection = 5
    for (let at = 8; bytes[at] !== undefined; ) {
      if (bytes[at++] === memorySection) throw new Error('a module may not have a memory')
      let size = 0
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]
        size += (byte & 0x7f) * 2 ** shift
        if (!(byte >= 0x80)) break
      }
      at += size
    }
    return bytes
  }
})()
