import ivm from 'isolated-vm'
import { randomBase64 } from './interpreter.ts'
import type { InterpreterFiles } from './interpreter-files.ts'

/** What is imported before the snapshot is taken: the standard library that policies usually ask for. */
const preloaded =
  'json,re,datetime,math,statistics,typing,dataclasses,random,hashlib,traceback,linecache,io,collections,decimal,copy,uuid,' +
  'functools,itertools,enum,string,time,base64,fractions,operator,ipaddress,textwrap,fnmatch,inspect,ast,zipfile,tarfile,lzma,_strptime'

/** Runs in the isolate: starts Pyodide, leaves `gridgateCall`, drops the large buffers, and then nobody gets more memory. */
const start = `
  const [snapshot, preloaded, modules] = [$0, $1, JSON.parse($2)]
  const options = {
    indexURL: '/pyodide/', packageBaseUrl: '/none/', createPyodideModule: _createPyodideModule, env: {},
    jsglobals: Object.create(null), stdout() {}, stderr() {},
    lockFileContents: '{"info":{"arch":"wasm32","platform":"emscripten","version":"0","python":"3.14.0","abi_version":"2026_0"},"packages":{}}',
  }
  if (snapshot) options._loadSnapshot = snapshot
  else options._makeSnapshot = true
  return loadPyodide(options).then((python) => {
    for (const bytes of [snapshot, ...Object.values(gridgateFiles)]) bytes?.transfer?.(0)
    delete globalThis.gridgateFiles
    if (!snapshot) {
      python.runPython('import ' + preloaded)
      const make = python.runPython(
        'import sys, types\\n' +
        'def _make(name, source):\\n' +
        '    module = sys.modules[name] = types.ModuleType(name)\\n' +
        '    exec(compile(source, name + ".py", "exec"), module.__dict__)\\n' +
        '_make')
      for (const [name, source] of Object.entries(modules)) make(name, source)
      make.destroy()
      globalThis.gridgateSnapshot = () => python.makeMemorySnapshot().slice().buffer
      return
    }
    const harness = python.runPython('import sys\\nsys.modules["harness"]')
    const functions = Object.create(null)
    for (const name of ['load', 'evaluate', 'manage', 'inspect_code']) functions[name] = harness[name]
    globalThis.gridgateCall = (name, ...parts) => {
      const reply = functions[name](...parts)
      if (typeof reply !== 'string') throw new Error('the harness returned no text')
      return reply
    }
    gridgateBoundMemory()
  })
`

/** Starts Pyodide in an empty isolate: from a snapshot (whose buffer is moved away), or from nothing so that one can be taken. */
export async function startInterpreter(
  isolate: ivm.Isolate,
  files: InterpreterFiles,
  snapshot: ArrayBuffer | null,
): Promise<ivm.Context> {
  const context = await isolate.createContext()
  await context.global.set('gridgateRandom', new ivm.Callback(randomBase64))
  await context.eval(files.realm, { filename: 'realm.js' })
  await context.evalClosure(`globalThis.gridgateFiles = { 'pyodide.asm.wasm': $0, 'python_stdlib.zip': $1 }`, [
    moved(files.wasm),
    moved(files.stdlib),
  ])
  for (const [filename, source] of [
    ['runtime.js', files.runtime],
    ['loader.js', files.loader],
  ] as const) {
    await (await isolate.compileScript(source, { filename })).run(context)
  }
  await context.evalClosure(start, [snapshot && given(snapshot), preloaded, JSON.stringify(files.modules)], {
    result: { promise: true, copy: true },
  })
  return context
}

/** Takes the snapshot of an interpreter that was started from nothing. */
export async function takeSnapshot(context: ivm.Context): Promise<Buffer> {
  return Buffer.from(await context.evalClosure('return gridgateSnapshot()', [], { result: { copy: true } }))
}

/** A copy of the bytes that moves into the isolate. */
function moved(bytes: Uint8Array): ivm.Copy<ArrayBuffer> {
  return given(new Uint8Array(bytes).buffer)
}

/** Moves a buffer into the isolate; it is empty on this side afterwards. */
function given(buffer: ArrayBuffer): ivm.Copy<ArrayBuffer> {
  return new ivm.ExternalCopy(buffer, { transferList: [buffer] }).copyInto({ release: true, transferIn: true })
}
