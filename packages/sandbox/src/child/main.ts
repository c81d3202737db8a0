import { readInterpreterFiles } from '../isolate/interpreter-files.ts'
import { limits } from '../limits.ts'
import { LineReader } from '../line-reader.ts'
import type { CallRequest, ChildMessage, ChildSettings } from '../wire.ts'
import { answer } from './answer.ts'
import { InterpreterShelf } from './interpreter-shelf.ts'

// The sandbox process: reads calls from stdin, answers on stdout, one after another, and ends with its parent.
const settings = JSON.parse(process.argv[2] ?? '{}') as ChildSettings
const files = readInterpreterFiles(settings.pyodideFolder, settings.pythonHeapMbMax)
const shelf = new InterpreterShelf(settings, files)
const reader = new LineReader(limits.lineCharsMax)
const send = (message: ChildMessage): void => {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

let previous: Promise<void> = Promise.resolve()
process.stdin.setEncoding('utf8')
process.stdin.on('data', (piece: string) => {
  for (const line of reader.push(piece)) {
    previous = previous.then(() => answer(shelf, JSON.parse(line) as CallRequest, send))
  }
})
process.stdin.on('end', () => process.exit(0))
