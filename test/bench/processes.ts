import { readFileSync } from 'node:fs'
import { familyOf } from '../e2e/product.ts'

/** Resident memory of a process and of all below it, in MiB; Linux only. */
export function residentMb(pid: number): { product: number; sandbox: number } {
  const found = { product: 0, sandbox: 0 }
  for (const member of familyOf(pid)) {
    const command = read(member, 'cmdline')
    const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(read(member, 'status'))?.[1] ?? 0)
    found[command.includes('packages/sandbox/src/child/') ? 'sandbox' : 'product'] += kilobytes / 1024
  }
  return found
}

/** A process may have ended in the meantime. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}
