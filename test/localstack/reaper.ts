import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Its input ends however its parent ends. Then it kills the process group, and whatever has the folder in its command line:
 * the database is in a group of its own. The folder comes by its input, so that it does not find itself, or the half of it that
 * looks around, before it has found the others.
 */
const script = `read -r group && read -r folder && [ -n "$folder" ] || exit
read -r _
kill -9 "-$group" 2>/dev/null
ps -eo pid=,args= | while read -r pid args; do
  case $args in *"$folder"*) kill -9 "$pid" 2>/dev/null;; esac
done
rm -rf "$folder"`

export interface Reaper {
  child: ChildProcess
  /** Ends everything, and returns when it is done. */
  reap(): Promise<void>
}

/** Ends a process group and all that works in a folder, and removes the folder, when it is told to or its parent is gone. */
export function startReaper(group: number, folder: string): Reaper {
  const child = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.stdin.write(`${group}\n${folder}\n`)
  return {
    child,
    async reap() {
      child.stdin.end()
      await ended
    },
  }
}
