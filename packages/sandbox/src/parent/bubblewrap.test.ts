import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bubblewrap, findBubblewrap } from './bubblewrap.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'gridgate-bubblewrap-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
/** A folder with a program of that name in it. */
function folderWith(script: string): string {
  const made = mkdtempSync(path.join(folder, 'bin-'))
  writeFileSync(path.join(made, 'bwrap'), `#!/bin/sh\n${script}\n`)
  chmodSync(path.join(made, 'bwrap'), 0o755)
  return made
}

describe('bubblewrap', () => {
  it('takes network, processes, rights and the environment away, and shows the given paths read-only', () => {
    const command = bubblewrap('/usr/bin/bwrap', ['/etc/hostname', '/absent/path'], ['/bin/node', 'main.ts'])
    expect(command.slice(0, 3)).toEqual(['/usr/bin/bwrap', '--unshare-all', '--die-with-parent'])
    expect(command.join(' ')).toContain('--cap-drop ALL')
    expect(command.join(' ')).toContain('--ro-bind /etc/hostname /etc/hostname')
    expect(command).not.toContain('/absent/path')
    expect(command.filter((word) => /^--(bind|dev-bind|share-net)/.test(word))).toEqual([])
    expect(command.slice(-2)).toEqual(['/bin/node', 'main.ts'])
  })
})

describe.runIf(process.platform === 'linux')('findBubblewrap', () => {
  it('finds one that works', async () => {
    const found = folderWith('exit 0')
    expect(await findBubblewrap(`/absent:${found}`)).toBe(path.join(found, 'bwrap'))
  })

  it('does without one that has no right to make namespaces', async () => {
    expect(await findBubblewrap(folderWith('echo "No permissions to create namespace" >&2; exit 1'))).toBeNull()
  })

  it('does without when there is none', async () => {
    expect(await findBubblewrap(folder)).toBeNull()
  })
})
