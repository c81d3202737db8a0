import { execFileSync, spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { constants, setPriority } from 'node:os'
import { basename, join } from 'node:path'
import { copyIngressKinds } from './ingress-kinds.ts'

/** Says one line of progress. */
export type Say = (line: string) => void

const mainPackages = [
  './cmd/kubernetes',
  'go.etcd.io/etcd/server/v3',
  'sigs.k8s.io/kwok/cmd/kwok',
  'sigs.k8s.io/jobset',
]
/** One program that acts by the name it is called with. */
const roles = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl']
const jobSetDefinition = 'config/components/crd/bases/jobset.x-k8s.io_jobsets.yaml'
/** What KWOK plays. Its `pod-complete` is left out: it would end every pod of a Job at once. */
const kwokStages = [
  'node/fast/node-initialize',
  'node/chaos/node-not-ready',
  'pod/fast/pod-ready',
  'pod/fast/pod-delete',
  'pod/chaos/pod-container-running-failed',
  'volume/fast/pvc-provision',
  'volume/fast/pvc-delete',
  'volume/fast/pv-bind',
  'volume/fast/pv-delete',
  'volume/fast/storage-class',
]
/** Progress is told once in so many packages. */
const packagesPerLine = 200
const errorCharactersMax = 4000
/** A half-built folder older than this belongs to nobody any more, in milliseconds. */
const abandonedMs = 2 * 3600 * 1000

// Part of the key of Go's own cache: other values would compile everything again.
const environment = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' }
const go = (...args: string[]): string =>
  execFileSync('go', args, { cwd: import.meta.dirname, env: environment, encoding: 'utf8' }).trim()

/** Versions of the modules in go.mod. */
export interface Versions {
  kubernetes: string
  kwok: string
  /** Oldest Go that can build them. */
  go: string
}

/**
 * Builds all programs into `folder` with the manifests that they need. The folder is whole or absent: two builders at the
 * same time do not harm each other.
 * @throws {Error} in one line when Go is missing or too old, with the compiler's last words when the build fails
 */
export async function buildPrograms(folder: string, versions: Versions, say: Say): Promise<void> {
  requireGo(versions)
  const cache = join(folder, '..')
  mkdirSync(cache, { recursive: true })
  removeAbandoned(cache)
  const half = mkdtempSync(join(cache, 'building-'))
  const begun = Date.now()
  try {
    say(
      `building Kubernetes ${versions.kubernetes}, etcd, KWOK and JobSet from Go modules: once, 7 to 12 minutes on two cores`,
    )
    await compile(half, versions, say)
    copyManifests(join(half, 'manifests'))
    renameSync(half, folder)
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  say(`built in ${secondsSince(begun)} s: ${folder}`)
}

const secondsSince = (begun: number): number => Math.round((Date.now() - begun) / 1000)

function requireGo(versions: Versions): void {
  const remedy = `install Go ${versions.go} or later (https://go.dev/dl), or set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver`
  let found: string
  try {
    found = go('env', 'GOVERSION').replace(/^go/, '')
  } catch {
    throw new Error(`the real Kubernetes programs are built with Go, which does not run here: ${remedy}`)
  }
  if (found.localeCompare(versions.go, 'en', { numeric: true }) < 0)
    throw new Error(`Go ${found} is too old to build Kubernetes ${versions.kubernetes}: ${remedy}`)
}

function removeAbandoned(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    if (name.startsWith('building-') && Date.now() - statSync(path).mtimeMs > abandonedMs)
      rmSync(path, { recursive: true, force: true })
  }
}

async function compile(half: string, versions: Versions, say: Say): Promise<void> {
  const begun = Date.now()
  const packages = go('list', '-deps', '-f', '.', ...mainPackages).split('\n').length
  const args = ['build', '-v', '-gcflags=all=-dwarf=false', '-ldflags', linkerFlags(versions), '-o', `${half}/`]
  await runGo([...args, ...mainPackages], (count) =>
    say(`  ${count} of at most ${packages} packages, ${secondsSince(begun)} s`),
  )
  renameSync(join(half, 'server'), join(half, 'etcd')) // named after the last part of its path before the version
  for (const role of roles) symlinkSync('kubernetes', join(half, role))
}

/** Small programs, and the versions that they answer with. */
function linkerFlags({ kubernetes, kwok }: Versions): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetes) ?? []
  const at = 'k8s.io/component-base/version'
  const values = [
    `${at}.gitVersion=${kubernetes}`,
    `${at}.gitMajor=${major}`,
    `${at}.gitMinor=${minor}`,
    `${at}.gitTreeState=clean`,
    `sigs.k8s.io/kwok/pkg/consts.Version=${kwok}`,
  ]
  return `-s -w ${values.map((value) => `-X ${value}`).join(' ')}`
}

/** Runs Go with low priority; `-v` names each package on a line of its own. */
function runGo(args: readonly string[], report: (count: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, {
      cwd: import.meta.dirname,
      env: environment,
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    child.once('error', reject)
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
    let count = 0
    let tail = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-errorCharactersMax)
      for (const _ of text.matchAll(/\n/g)) {
        count += 1
        if (count % packagesPerLine === 0) report(count)
      }
    })
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`go ${args[0]} ended with ${code}\n${tail}`)),
    )
  })
}

function copyManifests(folder: string): void {
  mkdirSync(folder)
  const sourceOf = (module: string): string => go('list', '-m', '-f', '{{.Dir}}', module)
  const copy = (path: string): void => copyFileSync(path, join(folder, basename(path)))
  const kwok = sourceOf('sigs.k8s.io/kwok')
  for (const stage of kwokStages) copy(join(kwok, 'kustomize/stage', `${stage}.yaml`))
  copy(join(sourceOf('sigs.k8s.io/jobset'), jobSetDefinition))
  copyIngressKinds(folder, (module) => go('mod', 'download', '-json', module))
}
