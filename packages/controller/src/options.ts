import { parseArgs } from 'node:util'
import { type ControllerRole, roles } from './apps.ts'

/** Everything that the one image can be started as. */
const programs = [...roles, 'policy-executor'] as const

export const usage = `usage: gridgate-controller ROLE                                  in a pod of the cluster
       gridgate-controller --kubeconfig FILE --cluster-id ID     beside the gateway

ROLE is ${programs.join(', ')}. In a pod the settings come from its environment; each has an option, too:
  --cluster-id ID          CLUSTER_ID
  --public-hostname NAME   PUBLIC_HOSTNAME
  --gateway-url URL        GRIDGATE_GATEWAY_URL
  --gateway-keys FILE      GRIDGATE_GATEWAY_KEYS_FILE, a JWK set

  --kubeconfig FILE        the way to the cluster, instead of the pod's own
  --context NAME           of the kubeconfig, instead of its current one
  --identity FILE          where it keeps its key pair beside the gateway (default: ID.identity.json)
  --host ADDRESS           to listen on (default: 0.0.0.0 in a pod, else 127.0.0.1)
  --help
`

/** What was asked for on the command line. */
export type Asked =
  | { kind: 'help' }
  | { kind: 'wrong'; reason: string }
  | {
      kind: 'run'
      role: ControllerRole | 'policy-executor'
      /** Settings by the names of their variables. */
      given: Record<string, string>
      host: string
      /** Null in a pod. */
      outside: { kubeconfig: string; context: string | null; identity: string | null } | null
    }

const variables = {
  'cluster-id': 'CLUSTER_ID',
  'public-hostname': 'PUBLIC_HOSTNAME',
  'gateway-url': 'GRIDGATE_GATEWAY_URL',
  'gateway-keys': 'GRIDGATE_GATEWAY_KEYS_FILE',
} as const

const text = { type: 'string' } as const
const options = {
  'cluster-id': text,
  'public-hostname': text,
  'gateway-url': text,
  'gateway-keys': text,
  kubeconfig: text,
  context: text,
  identity: text,
  host: text,
  help: { type: 'boolean' },
} as const

/** Reads the command line; decides nothing about the settings themselves. */
export function readOptions(args: readonly string[]): Asked {
  const parsed = parse(args)
  if (typeof parsed === 'string') return { kind: 'wrong', reason: parsed }
  const { values, positionals } = parsed
  if (values.help) return { kind: 'help' }
  const [role = values.kubeconfig === undefined ? undefined : 'controller', ...more] = positionals
  if (role === undefined) return { kind: 'wrong', reason: 'name a role' }
  if (!isRole(role) || more.length > 0) return { kind: 'wrong', reason: `${[role, ...more].join(' ')} is no role` }
  const given = Object.entries(variables).flatMap(([option, variable]) => {
    const value = values[option as keyof typeof variables]
    return value === undefined ? [] : [[variable, value]]
  })
  const { kubeconfig, context = null, identity = null } = values
  return {
    kind: 'run',
    role,
    given: Object.fromEntries(given),
    host: values.host ?? (kubeconfig === undefined ? '0.0.0.0' : '127.0.0.1'),
    outside: kubeconfig === undefined ? null : { kubeconfig, context, identity },
  }
}

const isRole = (name: string): name is (typeof programs)[number] => (programs as readonly string[]).includes(name)

const parse = (args: readonly string[]) => {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    return error instanceof Error ? (error.message.split('. ')[0] ?? '') : 'wrong options'
  }
}
