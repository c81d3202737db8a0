import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { admit, policyWith, requestOf } from '../sandbox/test/policy-source.ts'
import { type Built, buildController } from './build.ts'
import { containerfile, imageStart } from './test/containerfile.ts'

/** Outside of the repository, so that nothing is found in its node_modules. */
const folder = mkdtempSync(join(tmpdir(), 'gridgate-image-'))
let built: Built

beforeAll(async () => {
  built = await buildController(join(folder, 'dist'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program as the image does, with nothing more in its environment. */
const run = (...given: string[]) => runIn(built.folder, ...given)
const runIn = (appFolder: string, ...given: string[]) => {
  const { command, args, env } = imageStart(appFolder)
  return spawnSync(command, [...args, ...given], { env, encoding: 'utf8' })
}

describe('the build', () => {
  it('gives the same bytes for the same sources', async () => {
    const again = await buildController(join(folder, 'again'))
    expect(again).toEqual({ ...built, folder: join(folder, 'again') })
    expect(built.programBytes).toBeLessThan(1_500_000)
  })

  it('holds no path of the machine that it was made on', () => {
    const program = readFileSync(join(built.folder, 'gridgate-controller.mjs'), 'utf8')
    expect(program).not.toContain(join(import.meta.dirname, '../..'))
  })

  it('loads nothing beside the program before a policy is run: the sandbox takes a quarter of the memory', () => {
    const alone = join(folder, 'alone')
    mkdirSync(alone)
    cpSync(join(built.folder, 'gridgate-controller.mjs'), join(alone, 'gridgate-controller.mjs'))
    expect(runIn(alone, '--help')).toMatchObject({ status: 0, stderr: '' })
  })

  it('holds a sandbox that runs a policy', () => {
    const script = `
      import { openPolicySandbox } from '@gridgate/sandbox/policy-sandbox'
      const [snapshotFolder, request] = process.argv.slice(1)
      const sandbox = openPolicySandbox({ snapshotFolder, bubblewrap: 'off' })
      process.stdout.write(JSON.stringify(await sandbox.evaluate(JSON.parse(request))))
      await sandbox.close()`
    const request = JSON.stringify(requestOf(policyWith(admit)))
    const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
    const said = execFileSync(process.execPath, [...args, join(folder, 'snapshot'), request], {
      cwd: built.folder,
      env: {},
      encoding: 'utf8',
    })
    expect(JSON.parse(said)).toMatchObject({ ok: true })
  }, 120_000)
})

describe('the program without settings', () => {
  it.each([
    ['no role', [], 'name a role'],
    ['another role', ['gateway'], 'gateway is no role'],
    ['an option that it does not have', ['controller', '--force'], "Unknown option '--force'"],
    [
      'a role alone',
      ['controller'],
      'missing or wrong: CLUSTER_ID, PUBLIC_HOSTNAME, GRIDGATE_GATEWAY_URL, GRIDGATE_GATEWAY_KEYS_FILE',
    ],
    [
      'a kubeconfig alone',
      ['--kubeconfig', 'none'],
      'missing or wrong: CLUSTER_ID, PUBLIC_HOSTNAME, GRIDGATE_GATEWAY_URL, GRIDGATE_GATEWAY_KEYS_FILE',
    ],
  ])('gives up on %s with the reason, how it is done, and 2', (_what, args, reason) => {
    const { status, stdout, stderr } = run(...args)
    expect([status, stdout, stderr.split('\n')[0]]).toEqual([2, '', `gridgate-controller: ${reason}`])
    expect(stderr).toContain('usage: gridgate-controller ROLE')
  })

  it('tells how it is used', () => {
    expect(run('--help')).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('--cluster-id ID') })
  })
})

describe('the Containerfile', () => {
  it('copies what the build writes and nothing else, owned by root, and runs nothing while it is made', () => {
    expect([...containerfile('COPY'), ...containerfile('ADD')]).toEqual(['--chown=0:0 dist/ /app/'])
    expect([...containerfile('RUN'), ...containerfile('SHELL')]).toEqual([])
  })

  it('starts from one base without a shell, which a release names by digest', () => {
    expect(containerfile('ARG')).toEqual([
      expect.stringMatching(/^BASE=gcr\.io\/distroless\/nodejs24-debian12(:nonroot|@sha256:[0-9a-f]{64})$/),
    ])
    expect(containerfile('FROM')).toEqual([`${'$'}{BASE}`])
  })

  it('runs the program as nobody, by itself', () => {
    expect(containerfile('USER')).toEqual(['65534:65534'])
    expect(containerfile('ENTRYPOINT')).toEqual([
      '["/nodejs/bin/node", "--max-semi-space-size=2", "--optimize-for-size", "/app/gridgate-controller.mjs"]',
    ])
    expect(containerfile('CMD')).toEqual([])
  })
})
