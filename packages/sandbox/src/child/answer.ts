import { InterpreterDied } from '../isolate/interpreter.ts'
import type { CallRequest, ChildMessage } from '../wire.ts'
import type { InterpreterShelf } from './interpreter-shelf.ts'

/** Answers one call, on the interpreter of its key; loads the policy first where that is not there yet. */
export async function answer(
  shelf: InterpreterShelf,
  request: CallRequest,
  send: (message: ChildMessage) => void,
): Promise<void> {
  const { id, key, call, parts, wallMsMax, load } = request
  const held = shelf.find(key)
  const needsCode = !held && call !== 'inspect_code'
  if (needsCode && !load) {
    send({ id, needs: 'code' })
    return
  }

  try {
    const interpreter = held ?? (await shelf.add(key))
    if (needsCode && load) {
      send({ id, started: 'load' })
      const reply = interpreter.call('load', load.parts, load.wallMsMax)
      if (!isOk(reply)) {
        shelf.drop(key)
        send({ id, reply, worn: shelf.isWorn() })
        return
      }
    }
    send({ id, started: 'call' })
    const reply = interpreter.call(call, parts, wallMsMax)
    if (isOutOfMemory(reply)) shelf.drop(key)
    send({ id, reply, worn: shelf.isWorn() })
  } catch (error) {
    shelf.drop(key)
    send({ id, ...describe(error), worn: shelf.isWorn() })
  }
}

const isOk = (reply: string): boolean => reply.startsWith('{"ok":true')

/** After a MemoryError the heap is full of what the policy left; a fresh interpreter is the way back. */
const isOutOfMemory = (reply: string): boolean => reply.startsWith('{"ok":false,"kind":"memory"')

function describe(error: unknown): { died: 'timeout' | 'memory' | 'crash' | 'start'; message: string } {
  if (error instanceof InterpreterDied) return { died: error.death, message: error.message }
  return { died: 'start', message: String(error).slice(0, 500) }
}
