import { readFileSync } from 'node:fs'
import path from 'node:path'
import { places } from '../places.ts'
import { capMemory } from './memory-cap.ts'

/** What an interpreter is made of, read once per process. */
export interface InterpreterFiles {
  /** CPython as WebAssembly, its memory already bounded. */
  wasm: Uint8Array
  /** The standard library (zip). */
  stdlib: Uint8Array
  /** Emscripten's runtime, as a script. */
  runtime: string
  /** Pyodide's loader, as a script. */
  loader: string
  /** What the isolate's empty realm is given first. */
  realm: string
  /** Our Python modules by name, in the order in which they are imported. */
  modules: Record<string, string>
}

/** Our Python modules, in import order. */
export const moduleFiles = ['archive', 'inspection', 'harness'].map((name) => path.join(places.python, `${name}.py`))

/** Reads an interpreter's parts and bounds its heap. Throws when Pyodide is not the expected release. */
export function readInterpreterFiles(pyodideFolder: string, pythonHeapMbMax: number): InterpreterFiles {
  const file = (name: string): Buffer => readFileSync(path.join(pyodideFolder, name))
  const wasm = file('pyodide.asm.wasm')
  capMemory(wasm, pythonHeapMbMax)
  return {
    wasm,
    stdlib: file('python_stdlib.zip'),
    runtime: asScript(
      file('pyodide.asm.mjs').toString(),
      /export default _createPyodideModule;?/,
      '_createPyodideModule',
    ),
    loader: `(()=>{${asScript(
      file('pyodide.mjs').toString(),
      /export\s*\{\s*(?<local>\w+) as loadPyodide,\s*\w+ as version\s*\};?/,
      'loadPyodide',
    )}})()`,
    realm: readFileSync(places.realm, 'utf8'),
    modules: Object.fromEntries(moduleFiles.map((name) => [path.basename(name, '.py'), readFileSync(name, 'utf8')])),
  }
}

/** A module as a script that leaves its one export on the global object; isolates here have no module loader. */
function asScript(source: string, exported: RegExp, name: string): string {
  const found = exported.exec(source)
  if (!found) throw new Error(`this Pyodide release does not export ${name} as expected`)
  return source
    .replace(found[0], () => `globalThis.${name}=${found.groups?.local ?? name};`)
    .replaceAll('import.meta.url', '"file:///pyodide/pyodide.asm.mjs"')
    .replace(/\/\/# sourceMappingURL.*/, '')
}
