import { readFile } from 'node:fs/promises'
import type { Reporter } from '../reporter.ts'
import { type Answer, type Api, openApi } from './api.ts'

export interface TourOptions {
  url: string
  key: string | null
  /** File with the kubeconfig of the cluster to build on. */
  kubeconfig: string
}

const policies = new URL('../../../../policies/', import.meta.url)
const clusterId = 'cluster-west-vision-001'
const detailCharactersMax = 90

/**
 * Shows the main job on a running server, by its public HTTP API only. It may be repeated: what is there already is kept.
 * @throws when the server answers otherwise than the tour tells
 */
export async function runTour(options: TourOptions, reporter: Reporter): Promise<void> {
  const kubeconfig = await readKubeconfig(options.kubeconfig)
  const api = openApi(options.url, options.key)
  const say = (text: string, fields: Record<string, unknown> = {}): void => reporter.tell('tour', text, fields)

  say('\nThe tour: one cluster joins the network.\n')
  await guardRegistrations(api, say)
  await refuseOutsider(api, say)
  await registerCluster(api, say)
  await buildInfrastructure(api, kubeconfig, say)
  await showUrlMap(api, say)
}

/** Read before anything is done with it: a name that leads nowhere changes nothing on the server. */
const readKubeconfig = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file} cannot be read; name the cluster's kubeconfig with --kubeconfig FILE`, { cause })
  })

type Say = (text: string, fields?: Record<string, unknown>) => void

async function guardRegistrations(api: Api, say: Say): Promise<void> {
  const folder = new URL('region-allow-list/', policies)
  const entry = JSON.parse(await readFile(new URL('policy.json', folder), 'utf8')) as Record<string, unknown>
  const code = await readFile(new URL('code/function.py', folder), 'utf8')
  const uri = `${entry.name}:${entry.version}-${entry.release_tag}`
  expect(await api.call('POST', '/policy', { ...entry, code }), [200, 409])
  expect(
    await api.call('POST', '/pre-check-policies/update', {
      add_cluster: { policyRuleURI: uri, parameters: { regions: ['us-west-2'] } },
    }),
    [200],
  )
  say(`1. A policy in Python now guards every registration: ${uri}, regions allowed: us-west-2`, { policy: uri })
}

async function refuseOutsider(api: Api, say: Say): Promise<void> {
  const outsider = { ...(await document()), id: 'outsider-001', regionId: 'eu-north-9' }
  const answer = expect(await api.call('POST', '/clusters/create', outsider), [403])
  say(`2. An outsider from eu-north-9 is refused: ${answer.status} ${answer.body.code}: ${answer.body.detail}`, {
    status: answer.status,
    code: answer.body.code,
  })
}

async function registerCluster(api: Api, say: Say): Promise<void> {
  const answer = expect(await api.call('POST', '/clusters/create', await document()), [200, 409])
  say(`3. ${clusterId} ${answer.status === 200 ? 'is registered' : 'was registered before, and stays'}`, {
    cluster_id: clusterId,
  })
}

async function buildInfrastructure(api: Api, kubeconfig: string, say: Say): Promise<void> {
  const answer = expect(
    await api.call('POST', '/create-cluster-infra', {
      cluster_id: clusterId,
      kube_config_data: kubeconfig,
    }),
    [200],
  )
  const taskId = (answer.body.data as { task_id: string }).task_id
  say(`4. A workflow builds the in-cluster services; task ${taskId}:`, { task_id: taskId })
  await followTask(api, taskId, say)
}

interface SeenTask {
  task_status: string
  task_status_data: { error?: string; steps?: { name: string; status: string; detail: string | null }[] }
}

async function followTask(api: Api, taskId: string, say: Say): Promise<void> {
  const told = new Set<string>()
  let last: SeenTask | undefined
  await api.follow(`/tasks/${taskId}/events`, (data) => {
    last = data as SeenTask
    for (const step of last.task_status_data.steps ?? []) {
      if (step.status === 'running' || told.has(step.name)) continue
      told.add(step.name)
      say(
        `   ${step.status === 'succeeded' ? '✓' : '✗'} ${step.name}${step.detail ? `: ${shortened(step.detail)}` : ''}`,
        {
          step: step.name,
        },
      )
    }
    return ['completed', 'failed', 'cancelled'].includes(last.task_status)
  })
  if (last?.task_status !== 'completed')
    throw new Error(`the task ended ${last?.task_status}: ${last?.task_status_data.error}`)
}

/** The first words; the task has them all. */
const shortened = (detail: string): string =>
  detail.length > detailCharactersMax ? `${detail.slice(0, detailCharactersMax)} …` : detail

async function showUrlMap(api: Api, say: Say): Promise<void> {
  const answer = expect(await api.call('GET', `/clusters/read/${clusterId}`), [200])
  const urlMap = (answer.body.data as { config: { urlMap: Record<string, string> } }).config.urlMap
  const width = Math.max(...Object.keys(urlMap).map((name) => name.length))
  const lines = Object.entries(urlMap).map(([name, url]) => `   ${name.padEnd(width)}  ${url}`)
  say(`5. The cluster's services are known to the network:\n${lines.join('\n')}`, { url_map: urlMap })
}

const document = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(new URL('cluster-west-vision-001.json', import.meta.url), 'utf8')) as Record<
    string,
    unknown
  >

function expect(answer: Answer, statuses: readonly number[]): Answer {
  if (statuses.includes(answer.status)) return answer
  throw new Error(`the server answered ${answer.status}: ${answer.body.code} ${answer.body.detail}`)
}
