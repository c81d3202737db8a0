import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openMetricsDatabase, type Sample } from '@gridgate/controller/metrics/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { requirePrograms } from './programs.ts'
import { type Running, startNodeExporter, startVictoriaMetrics, type VictoriaMetrics } from './victoria-metrics.ts'

const folder = join(import.meta.dirname, '../../packages/controller/monitoring')
const rulesFile = join(folder, 'alerts.yaml')
const programs = requirePrograms()

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string }
}
const rules = (parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
)

interface Dashboard {
  title: string
  panels: { title: string; targets: { expr: string }[] }[]
}
const dashboards = readdirSync(join(folder, 'dashboards')).map(
  (name) => JSON.parse(readFileSync(join(folder, 'dashboards', name), 'utf8')) as Dashboard,
)
const panels = dashboards.flatMap(({ title, panels }) =>
  panels.flatMap((panel) => panel.targets.map(({ expr }) => ({ panel: `${title}, ${panel.title}`, expr }))),
)

const now = Math.floor(Date.now() / 1000)
/** Two samples of each, half a minute apart, so that rates are known. */
const imported = (metrics: Record<string, string>, text: string, at = now): string =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => {
      const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const more = Object.entries(metrics).map(([key, one]) => `${key}="${one}"`)
      const all = [...(labels === '' ? [] : [labels]), ...more].join(',')
      return [at - 30, at].map((seconds) => `${name}{${all}} ${value} ${seconds * 1000}`)
    })
    .join('\n')

/** A node on which everything is wrong. */
const bad = `
up{job="gpu"} 0
node_memory_MemAvailable_bytes 1
node_memory_MemTotal_bytes 100
node_filesystem_avail_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 5
node_filesystem_size_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 100
node_filesystem_readonly{device="/dev/sda1",fstype="ext4",mountpoint="/"} 1
node_load15 9
node_cpu_seconds_total{cpu="0",mode="idle"} 1
DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="u"} 95
DCGM_FI_DEV_XID_ERRORS{gpu="0",UUID="u"} 79
DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{gpu="0",UUID="u"} 1
DCGM_FI_DEV_ROW_REMAP_FAILURE{gpu="0",UUID="u"} 1
`
/** What this machine may be short of just now is not taken from it. */
const good = `
node_memory_MemAvailable_bytes 60
node_memory_MemTotal_bytes 100
node_filesystem_avail_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 60
node_filesystem_size_bytes{device="/dev/sda1",fstype="ext4",mountpoint="/"} 100
node_filesystem_readonly{device="/dev/sda1",fstype="ext4",mountpoint="/"} 0
node_load15 0.5
`
const changing = /^node_(memory_Mem(Available|Total)_bytes|filesystem_|load15)/
const silent = 'node_load1 1'
const down = 'up{job="node"} 0'
/** What the controller says where it and its cluster are in a bad way; a count that grows is written by `growing`. */
const badController = `
up{job="controller",container="controller"} 0
up{job="controller",container="metrics-reader"} 0
gridgate_controller_scan_age_seconds 300
`
const goodController = `
up{job="controller",container="controller"} 1
up{job="controller",container="metrics-reader"} 1
gridgate_controller_scan_age_seconds 3
gridgate_controller_request_seconds_count{method="GET",route="/nodes",status="503"} 7
`
const growing = (metrics: string): string =>
  [60, 30, 0]
    .map((back) => `gridgate_controller_request_seconds_count{${metrics}} ${100 - back} ${(now - back) * 1000}`)
    .join('\n')

let database: VictoriaMetrics
let empty: VictoriaMetrics
let exporter: Running
const ask = (query: string, server = database): Promise<Sample[]> =>
  openMetricsDatabase(() => server.url).at(query, new Date(now * 1000))

beforeAll(async () => {
  exporter = await startNodeExporter(programs)
  const said = await (await fetch(`${exporter.url}/metrics`)).text()
  const gpus = readFileSync(join(import.meta.dirname, 'expositions/made-2-gpus.txt'), 'utf8')
  ;[database, empty] = await Promise.all([startVictoriaMetrics(programs), startVictoriaMetrics(programs)])
  const fine = { cluster_id: 'west-1', node_id: 'good', instance: 'good:1' }
  const steady = said.split('\n').filter((line) => !changing.test(line))
  const broken = { cluster_id: 'west-1', node_id: 'bad', instance: 'bad:1' }
  await database.importText(imported({ ...fine, job: 'node' }, `up 1\n${good}${steady.join('\n')}`))
  await database.importText(imported({ ...fine, job: 'gpu' }, `up 1\n${gpus}`))
  await database.importText(imported(broken, bad))
  await database.importText(imported(broken, down))
  await database.importText(imported(broken, silent, now - 600))
  await database.importText(imported(broken, badController))
  await database.importText(imported(fine, goodController))
  await database.importText(growing('method="GET",route="/nodes",status="503",cluster_id="west-1",node_id="bad"'))
})
afterAll(async () => {
  await Promise.all([database?.stop(), empty?.stop(), exporter?.stop()])
})

describe('the dashboards', () => {
  it.each(panels)('find something to show: $panel', async ({ expr }) => {
    const query = expr.replaceAll('$cluster', 'west-1').replaceAll('$node', '.*').replaceAll('$__rate_interval', '2m')
    expect((await ask(query)).length).toBeGreaterThan(0)
  })
})

describe('the alerts', () => {
  it('are rules by the judgement of vmalert', () => {
    const check = () => execFileSync(programs.vmalert, ['-dryRun', `-rule=${rulesFile}`], { stdio: 'pipe' })
    expect(check).not.toThrow()
  })

  it.each(
    rules.filter(({ alert }) => alert !== 'NothingIsCollected'),
  )('$alert fires for the bad node, and not for the good one', async ({ expr, labels, annotations }) => {
    const firing = await ask(expr)
    expect([...new Set(firing.map(({ labels: of }) => of.node_id))]).toEqual(['bad'])
    expect(firing[0]?.labels.cluster_id).toBe('west-1')
    expect(labels.severity).toMatch(/^(warning|critical)$/)
    expect(annotations.summary).not.toBe('')
  })

  it('NothingIsCollected fires where nothing is', async () => {
    const { expr } = rules.find(({ alert }) => alert === 'NothingIsCollected') ?? expect.fail()
    expect(await ask(expr)).toEqual([])
    expect(await ask(expr, empty)).toHaveLength(1)
  })
})
