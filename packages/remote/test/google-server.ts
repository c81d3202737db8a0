import type { Clock } from '@gridgate/core/ports'
import { checkSignature } from './aws-signature.ts'
import { type CloudReply, type CloudRequest, type LocalCloud, localCloud, type Mishap, ownKeys } from './local-cloud.ts'

export interface FakeInstance {
  id: string
  status: string
  createdBy?: string
  resets: number
}

/** Compute Engine and the two services that give its tokens. Tokens are only given for a rightly signed proof of the AWS role. */
export interface GoogleServer extends LocalCloud {
  /** By project/zone/name. */
  instances: Map<string, FakeInstance>
  /** Orders that had an effect: what was done, under which request id. */
  effects: { action: string; path: string; requestId: string }[]
  calls: string[]
  mishaps: Map<string, Mishap>
  /** How operations stand when they are asked about. */
  operation: { status: 'RUNNING' | 'DONE'; error?: string }
}

export const audience =
  '//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/gridgate/providers/gridgate-aws'
export const account = 'repair@my-project.iam.gserviceaccount.com'

const json = (value: unknown, status = 200): CloudReply => ({
  status,
  type: 'application/json',
  text: JSON.stringify(value),
})
const errorOf = (reason: string): CloudReply => {
  const status = reason === 'notFound' ? 404 : reason === 'tooMany' ? 429 : reason === 'unauthorized' ? 401 : 403
  return json({ error: { code: status, message: 'secret words of the provider', errors: [{ reason }] } }, status)
}

export async function googleServer(clock: Clock): Promise<GoogleServer> {
  const shared: Omit<GoogleServer, keyof LocalCloud> = {
    instances: new Map(),
    effects: [],
    calls: [],
    mishaps: new Map(),
    operation: { status: 'DONE' },
  }
  const operations = new Map<string, string>()

  async function answer(request: CloudRequest): Promise<CloudReply> {
    const url = new URL(`http://${request.host}${request.path}`)
    const action = actionOf(request.method, url)
    shared.calls.push(action)
    const tokens = { 'iamcredentials.googleapis.com': ['federated'], 'compute.googleapis.com': ['access', 'federated'] }
    const accepted = Object.entries(tokens).find(([host]) => host === request.host)?.[1]
    if (accepted?.every((token) => request.headers.authorization !== `Bearer ${token}`)) return errorOf('unauthorized')
    const mishap = shared.mishaps.get(action)
    if (typeof mishap === 'object') return errorOf(mishap.refuse)
    return { ...run(action, url, request), mishap }
  }

  function run(action: string, url: URL, request: CloudRequest): CloudReply {
    if (action === 'token') return exchange(request)
    if (action === 'generateAccessToken') {
      const { scope } = JSON.parse(request.body) as { scope: string[] }
      const isRight = decodeURIComponent(url.pathname).includes(`/serviceAccounts/${account}:`)
      return isRight && scope[0]?.endsWith('/compute') ? json({ accessToken: 'access' }) : errorOf('forbidden')
    }
    if (action === 'wait')
      return json({ name: url.pathname.split('/').at(-2), status: shared.operation.status, ...failureOf() })
    if (action === 'get') {
      const found = find(url)
      return found ? json(shown(found[1])) : errorOf('notFound')
    }
    return order(action, url, request)
  }

  const failureOf = (): object =>
    shared.operation.error ? { error: { errors: [{ code: shared.operation.error, message: 'secret words' }] } } : {}

  function find(
    url: URL,
    name = url.pathname.split('/instances/')[1]?.split('/')[0],
  ): [string, FakeInstance] | undefined {
    const [, project, zone] = /\/projects\/([^/]+)\/(?:zones|regions)\/([^/]+)\//.exec(url.pathname) ?? []
    return [...shared.instances].find(
      ([key, { id }]) => key === `${project}/${zone}/${name}` || (key.startsWith(`${project}/`) && id === name),
    )
  }

  function order(action: string, url: URL, { body }: CloudRequest): CloudReply {
    const requestId = url.searchParams.get('requestId') ?? ''
    if (!/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(requestId))
      return errorOf('invalid')
    const known = operations.get(requestId)
    if (known !== undefined) return json({ name: known, status: 'RUNNING' })
    if (action === 'recreateInstances') {
      const { instances } = JSON.parse(body) as { instances: string[] }
      const wanted = [...shared.instances].find(([key]) => instances[0]?.endsWith(`/instances/${key.split('/')[2]}`))
      if (!wanted) return errorOf('notFound')
      shared.instances.set(wanted[0], { ...wanted[1], id: `${wanted[1].id}0`, resets: 0 })
    } else {
      const found = find(url)
      if (!found) return errorOf('notFound')
      if (action === 'delete') shared.instances.delete(found[0])
      else found[1].resets++
    }
    const name = `operation-${operations.size}`
    operations.set(requestId, name)
    shared.effects.push({ action, path: url.pathname, requestId })
    return json({ name, status: 'PENDING' })
  }

  return Object.assign(shared, await localCloud(clock, answer))
}

const actionOf = (method: string, { pathname }: URL): string => {
  if (method === 'GET') return 'get'
  if (method === 'DELETE') return 'delete'
  return pathname.split(/[/:]/).at(-1) ?? ''
}

const shown = ({ id, status, createdBy }: FakeInstance): object => ({
  kind: 'compute#instance',
  id,
  status,
  lastStartTimestamp: '2026-01-01T00:00:00.000-08:00',
  metadata: { items: createdBy ? [{ key: 'created-by', value: createdBy }] : [] },
})

/** Google's side of the exchange: the proof is a request to AWS, signed by the gateway for this very audience. */
function exchange({ body }: CloudRequest): CloudReply {
  const form = Object.fromEntries(new URLSearchParams(body))
  const proof = JSON.parse(decodeURIComponent(form.subject_token ?? '')) as {
    url: string
    method: string
    headers: { key: string; value: string }[]
  }
  const headers = Object.fromEntries(proof.headers.map(({ key, value }) => [key.toLowerCase(), value]))
  const { host, pathname, search } = new URL(proof.url)
  const signed = checkSignature(
    { method: proof.method, path: pathname + search, headers, body: '' },
    (key) => (key === ownKeys.accessKeyId ? ownKeys.secretAccessKey : undefined),
    ['x-goog-cloud-target-resource'],
  )
  const isRight =
    !('wrong' in signed) &&
    headers.host === host &&
    host === `sts.${signed.region}.amazonaws.com` &&
    search === '?Action=GetCallerIdentity&Version=2011-06-15' &&
    headers['x-goog-cloud-target-resource'] === audience &&
    form.audience === audience &&
    form.grant_type === 'urn:ietf:params:oauth:grant-type:token-exchange'
  return isRight ? json({ access_token: 'federated', expires_in: 3600 }) : errorOf('forbidden')
}
