import { toPolicyAction } from '../policy/actions.ts'
import { bindingOf } from '../policy/policy-map.ts'
import type { Warning } from '../warning.ts'
import { Cluster } from './cluster.ts'
import { dropCredentials } from './credentials.ts'
import { invalidBody, pointerStep, problemsOf } from './invalid-document.ts'
import { settleTotals } from './settle-totals.ts'
import { systemFields } from './system-fields.ts'

/** A document that may be stored, and what is worth saying about how it came to be. */
export interface PreparedCluster {
  cluster: Cluster
  warnings: Warning[]
}

/**
 * Makes a submitted document one that may be stored: system-owned fields and credentials are left out, `nodeId` is read as `id`,
 * everything is validated, totals are computed (spec/decisions.md 11-14). What came in is not changed.
 * @throws {GridError} `request.invalid` with a pointer for each problem
 */
export function prepareCluster(submitted: Readonly<Record<string, unknown>>): PreparedCluster {
  const ours = withoutSystemFields(submitted)
  const clean = withoutCredentials(ours.document)
  const parsed = Cluster.safeParse(withNodeIds(clean.document))
  if (!parsed.success) throw invalidBody(problemsOf(parsed.error))
  const settled = settleTotals(parsed.data)
  return {
    cluster: settled.cluster,
    warnings: [...ours.warnings, ...clean.warnings, ...settled.warnings, ...mapWarnings(settled.cluster)],
  }
}

interface Step {
  document: Record<string, unknown>
  warnings: Warning[]
}

function withoutSystemFields(submitted: Readonly<Record<string, unknown>>): Step {
  const document = { ...submitted }
  const warnings: Warning[] = []
  const ignore = (pointer: string): void => {
    warnings.push({
      code: 'field.system_owned',
      detail: 'is written by the system; what was given is ignored',
      pointer,
    })
  }
  for (const name of systemFields.filter((field) => Object.hasOwn(document, field))) {
    delete document[name]
    ignore(`/${name}`)
  }
  if (isObject(document.config) && Object.hasOwn(document.config, 'urlMap')) {
    const { urlMap, ...config } = document.config
    document.config = config
    ignore('/config/urlMap')
  }
  return { document, warnings }
}

const documented: ReadonlySet<string> = new Set(Object.keys(Cluster.shape))

/** Looks where people write freely: the metadata and fields that are not documented. */
function withoutCredentials(submitted: Readonly<Record<string, unknown>>): Step {
  const document = { ...submitted }
  const warnings: Warning[] = []
  for (const [name, value] of Object.entries(submitted)) {
    if (documented.has(name) && name !== 'clusterMetadata') continue
    const inner = dropCredentials({ [name]: value }, '')
    warnings.push(...inner.warnings)
    const kept = inner.kept as Record<string, unknown>
    if (Object.hasOwn(kept, name)) document[name] = kept[name]
    else delete document[name]
  }
  return { document, warnings }
}

/** `nodeId` is an old spelling of a node's `id` (spec/decisions.md 11). */
function withNodeIds(document: Record<string, unknown>): Record<string, unknown> {
  const nodes = document.nodes
  if (!isObject(nodes) || !Array.isArray(nodes.nodeData)) return document
  return { ...document, nodes: { ...nodes, nodeData: nodes.nodeData.map(withNodeId) } }
}

/** One node with `nodeId` read as `id`; two different ids are left for the caller to explain. @throws {GridError} `request.invalid` */
function withNodeId(node: unknown, index: number): unknown {
  if (!isObject(node) || !Object.hasOwn(node, 'nodeId')) return node
  const { nodeId, ...rest } = node
  if (rest.id !== undefined && rest.id !== nodeId)
    throw invalidBody([{ pointer: `/nodes/nodeData/${index}/nodeId`, detail: 'differs from id, which means the same' }])
  return { ...rest, id: nodeId }
}

/**
 * A cluster's own map may name actions that nothing here asks for; they are kept (spec/decisions.md 20). What guards an action
 * but cannot be read stops it, so that is told when it is written.
 */
function mapWarnings({ config }: Cluster): Warning[] {
  const map = config.actionsPolicyMap ?? {}
  return Object.keys(map).flatMap((name) => {
    const pointer = `/config/actionsPolicyMap${pointerStep(name)}`
    if (toPolicyAction(name) === null)
      return [
        {
          code: 'pre_check.unknown_action',
          detail: 'no operation asks a policy of this name; the entry is kept and has no effect',
          pointer,
        },
      ]
    if (bindingOf({ [name]: map[name] }, name) !== 'unreadable') return []
    return [
      {
        code: 'pre_check.policy_unknown',
        detail:
          'is neither a policy URI nor an object with policyRuleURI; until it is, the action answers 503 policy.not_found',
        pointer,
      },
    ]
  })
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
