import { poolLabelsFor } from '@gridgate/core/action/pool-labels'
import { poolNodesMax } from '@gridgate/core/action/survey'
import { GridError } from '@gridgate/core/errors'
import type { SeenNode } from './survey-node.ts'

/** How the caller names a pool: by itself, by one of its nodes, or both. */
export interface PoolTarget {
  /** Null: the first of the known labels that fits. */
  readonly pool_label: string | null
  readonly node_pool: string | null
  readonly node_name: string | null
}

export interface Pool {
  readonly name: string
  readonly label: string
  readonly nodes: readonly SeenNode[]
}

/**
 * The pool that is meant; null where none is named.
 * @throws {GridError} `node.not_found`; `pool.not_found` where no node has that pool, or the named node has none;
 * `request.invalid` where the two do not belong together; `action.too_large`
 */
export function findPool(all: readonly SeenNode[], target: PoolTarget): Pool | null {
  const { node_pool, node_name } = target
  if (node_name === null) return node_pool === null ? null : poolNamed(all, node_pool, target)
  const named = all.find(({ node }) => node.name === node_name)
  if (!named) throw new GridError('node.not_found', `no node ${node_name}`)
  const label = labelsFor(target).find((one) => named.labels[one] && (!node_pool || named.labels[one] === node_pool))
  if (label !== undefined) return poolOf(all, label, named.labels[label] ?? '')
  if (node_pool === null)
    throw new GridError(
      'pool.not_found',
      `node ${node_name} carries no label of a pool (${labelsFor(target).join(', ')})`,
    )
  const pool = poolNamed(all, node_pool, target)
  throw new GridError('request.invalid', `node ${node_name} is not one of the pool ${node_pool} (${pool.label})`)
}

const labelsFor = ({ pool_label }: PoolTarget): readonly string[] => poolLabelsFor(pool_label)

function poolNamed(all: readonly SeenNode[], name: string, target: PoolTarget): Pool {
  const label = labelsFor(target).find((one) => all.some(({ labels }) => labels[one] === name))
  if (label !== undefined) return poolOf(all, label, name)
  throw new GridError('pool.not_found', `no node carries the pool ${name} (${labelsFor(target).join(', ')})`)
}

function poolOf(all: readonly SeenNode[], label: string, name: string): Pool {
  const nodes = all.filter(({ labels }) => labels[label] === name)
  if (nodes.length > poolNodesMax)
    throw new GridError('action.too_large', `the pool ${name} has ${nodes.length} nodes, above ${poolNodesMax}`)
  return { name, label, nodes }
}
