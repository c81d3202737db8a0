import { isDeepStrictEqual } from 'node:util'
import { isTree, type KubeObject, type ManagedFields, type Tree } from '../object.ts'
import type { Schema } from '../schema/schema.ts'
import { type Cause, StatusError } from '../status-error.ts'
import { compareFields } from './compare.ts'
import { type FieldSet, fieldsOf, ownsAbove, pathText, readFields, writeFields } from './field-set.ts'
import { mergeConfiguration, removeFields } from './merge.ts'

/** Who writes, as managedFields records it. */
export interface Writer {
  manager: string
  /** Empty for the object itself, else `status` or `scale`. */
  subresource: string
  apiVersion: string
  time: string
}

interface Share {
  entry: Omit<ManagedFields, 'fieldsV1'>
  set: FieldSet
}

const unmanagedMetadata = new Set(
  ['name', 'namespace', 'generateName', 'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'selfLink']
    .concat(['managedFields', 'deletionTimestamp', 'deletionGracePeriodSeconds'])
    .map((member) => `f:${member}`),
)

/** The part of an object that has owners: without type, identity and what the server itself writes. */
export function managedPart(object: Tree): Tree {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object
  if (!isTree(metadata)) return rest
  const entries = Object.entries(metadata).filter(([member]) => !unmanagedMetadata.has(`f:${member}`))
  return entries.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(entries) }
}

const sharesOf = (object: KubeObject | undefined): Share[] =>
  (object?.metadata.managedFields ?? []).map(({ fieldsV1, ...entry }) => ({ entry, set: readFields(fieldsV1) }))

const isSame = (share: Share, operation: 'Apply' | 'Update', writer: Writer): boolean =>
  share.entry.manager === writer.manager &&
  share.entry.operation === operation &&
  (share.entry.subresource ?? '') === writer.subresource &&
  (operation === 'Apply' || share.entry.apiVersion === writer.apiVersion)

function shareFor(operation: 'Apply' | 'Update', writer: Writer, set: FieldSet): Share {
  const subresource = writer.subresource === '' ? {} : { subresource: writer.subresource }
  const { manager, apiVersion, time } = writer
  return { entry: { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', ...subresource }, set }
}

function written(shares: readonly Share[]): ManagedFields[] {
  return shares
    .filter((share) => share.set.size > 0)
    .map(({ entry, set }) => ({ ...entry, fieldsV1: writeFields(set) }))
    .sort((a, b) => a.operation.localeCompare(b.operation) || (a.time ?? '').localeCompare(b.time ?? ''))
}

/** The managedFields after a create, update or patch: what was changed now belongs to the writer. */
export function trackUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  schema: Schema,
  writer: Writer,
): ManagedFields[] {
  const difference = compareFields(before ? managedPart(before) : {}, managedPart(after), schema)
  const shares = sharesOf(before)
  if (difference.changed.size === 0 && difference.removed.size === 0) return before?.metadata.managedFields ?? []
  const own = shares.find((share) => isSame(share, 'Update', writer))
  for (const share of shares) {
    share.set = without(share.set, difference.removed)
    if (share !== own) share.set = without(share.set, difference.changed)
  }
  if (difference.changed.size === 0) return written(shares)
  const set = new Set([...(own?.set ?? []), ...difference.changed])
  return written([...shares.filter((share) => share !== own), shareFor('Update', writer, set)])
}

const without = (set: FieldSet, gone: FieldSet): FieldSet => new Set([...set].filter((path) => !gone.has(path)))

export interface Applied {
  object: Tree
  managedFields: ManagedFields[]
}

/**
 * Server-side apply of a configuration to the object's managed part.
 * @param finish what the server does to the merged object (defaults); runs before fields are compared.
 * @throws {StatusError} 409 with one cause per field when another manager owns a field that would change, unless `force`.
 */
export function applyConfiguration(
  live: KubeObject | undefined,
  configuration: Tree,
  schema: Schema,
  writer: Writer,
  options: { force: boolean; finish: (merged: Tree) => Tree },
): Applied {
  const shares = sharesOf(live)
  const own = shares.find((share) => isSame(share, 'Apply', writer))
  const others = shares.filter((share) => share !== own)
  const set = fieldsOf(managedPart(configuration), schema)
  const merged = mergeConfiguration(live ?? {}, configuration, schema) as Tree
  const dropped = without(own?.set ?? new Set(), set)
  const kept: FieldSet = new Set([...set, ...others.flatMap((share) => [...share.set])])
  const pruned = dropped.size > 0 ? (removeFields(merged, schema, dropped, kept) as Tree) : merged
  const object = options.finish(pruned)
  const difference = compareFields(live ? managedPart(live) : {}, managedPart(object), schema)
  const conflicts = others.flatMap((share) =>
    [...share.set]
      .filter((path) => difference.changed.has(path) && (set.has(path) || ownsAbove(set, path)))
      .map((path) => ({ share, path })),
  )
  if (conflicts.length > 0 && !options.force) throw conflictError(conflicts)
  for (const { share, path } of conflicts) share.set.delete(path)
  for (const share of others) share.set = without(share.set, difference.removed)
  const unchanged = own && isDeepStrictEqual(own.set, set) && own.entry.apiVersion === writer.apiVersion
  const mine = unchanged ? own : shareFor('Apply', writer, set)
  return { object, managedFields: written([mine, ...others]) }
}

function conflictError(conflicts: readonly { share: Share; path: string }[]): StatusError {
  const causes: Cause[] = conflicts.map(({ share, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${managerText(share)}`,
    field: pathText(path),
  }))
  return new StatusError(409, 'Conflict', conflictMessage(causes), { causes })
}

function conflictMessage(causes: readonly Cause[]): string {
  const [first] = causes
  if (causes.length === 1 && first) return `Apply failed with 1 conflict: ${first.message}: ${first.field}`
  const lines: string[] = []
  for (const message of [...new Set(causes.map((cause) => cause.message))].sort()) {
    lines.push(`${message.replace('conflict with', 'conflicts with')}:`)
    for (const cause of causes) if (cause.message === message) lines.push(`- ${cause.field}`)
  }
  return `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`
}

function managerText({ entry }: Share): string {
  const subresource = entry.subresource ? ` with subresource ${JSON.stringify(entry.subresource)}` : ''
  const version = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : ''
  return `${JSON.stringify(entry.manager)}${subresource}${version}`
}
