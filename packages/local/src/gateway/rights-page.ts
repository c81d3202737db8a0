import type { EndpointRow, Scope } from '@gridgate/http/manifest-row'

const scopes: Record<Scope, string> = {
  path: 'the one in the path',
  query: 'the one in the query',
  body: 'the one in the body',
  thing: 'the one that the thing belongs to',
  list: 'lists what is in scope',
  network: '–',
}

const introduction = `# Who may call what

Made from \`functions/manifest.ts\` by \`npm run openapi\`; a test compares them, and \`test/rights\` tries every cell of this table
with every kind of caller.

- A key or token has a **role** and **clusters**: a list of ids, or \`*\`. \`cluster-manager\` is for named clusters, \`network-admin\`
  is for \`*\`. Controllers of clusters sign their calls; each is a \`service\` of its own cluster.
- Without a credential: 401. With one whose role may not: 403 \`auth.forbidden\`. A cluster out of scope, or a thing that belongs to
  one, answers exactly as if it were not there: 404.
- What belongs to the network (policies without \`cluster_id\`, the network's policy map) is read by everybody and changed by
  \`network-admin\` alone, also on routes that a \`cluster-manager\` may call. So is letting failover do more by itself
  ([failover.md](failover.md)).
- Names are one for the whole network: who creates a policy, a rule or an action under a name that is taken is told so (409),
  though not by whom.

| call | viewer | cluster-manager | network-admin | service | whose clusters |
| --- | :-: | :-: | :-: | :-: | --- |
`

/** The page about rights in docs/, as the manifest makes it. */
export function rightsPage(rows: readonly EndpointRow[]): string {
  const lines = rows.flatMap((row) =>
    [`${row.method} ${row.path}`, ...row.aliases].map((call) => ({
      call,
      cells: [...rolesOf(row), scopes[row.scope]],
    })),
  )
  const sorted = lines.sort((a, b) => (pathOf(a.call) < pathOf(b.call) ? -1 : 1))
  return introduction + sorted.map(({ call, cells }) => `| \`${call}\` | ${cells.join(' | ')} |\n`).join('')
}

/** Path first, so that what is about one thing stands together. */
const pathOf = (call: string): string => call.split(' ').reverse().join(' ')

/** Whether each role may, in the order of the columns. */
function rolesOf({ access, method, scope }: EndpointRow): string[] {
  const [yes, no] = ['✓', '']
  if (access === 'anyone') return Array.from({ length: 4 }, () => 'anyone')
  if (access === 'service') return [no, no, yes, yes]
  const ranked = ['viewer', 'cluster-manager', 'network-admin']
  const isOwnRead = access === 'viewer' && method === 'GET' && scope === 'path'
  return [...ranked.map((_, rank) => (rank >= ranked.indexOf(access) ? yes : no)), isOwnRead ? 'of named clusters' : no]
}
