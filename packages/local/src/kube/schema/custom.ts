import { isInstalled } from '../definitions.ts'
import { at, isTree, type KubeObject, type Tree, textAt, treeAt, treesAt } from '../object.ts'
import type { PrinterColumn, Resource } from '../resources.ts'
import { builtinSchema } from './builtin.ts'
import { anySchema, type Schema } from './schema.ts'

/** The resources that a CustomResourceDefinition defines, one per served version. */
export function resourcesOf(definition: KubeObject): Resource[] {
  const names = treeAt(definition, 'spec', 'names')
  const kind = textAt(names, 'kind')
  const known = isInstalled(textAt(definition, 'spec', 'group'), kind)
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])
  return treesAt(definition, 'spec', 'versions')
    .filter((version) => version.served === true)
    .sort((a, b) => Number(b.storage === true) - Number(a.storage === true))
    .map((version) => ({
      group: textAt(definition, 'spec', 'group'),
      version: textAt(version, 'name'),
      plural: textAt(names, 'plural'),
      singular: textAt(names, 'singular'),
      kind,
      namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
      shortNames: texts(names.shortNames),
      categories: texts(names.categories),
      hasStatus: isTree(at(version, 'subresources', 'status')),
      hasScale: isTree(at(version, 'subresources', 'scale')),
      schema: known ? builtinSchema(kind) : objectSchema(treeAt(version, 'schema', 'openAPIV3Schema')),
      rules: known ? kind : '',
      columns: treesAt(version, 'additionalPrinterColumns') as unknown as PrinterColumn[],
      custom: true,
    }))
}

function objectSchema(openapi: Tree): Schema {
  const schema = schemaFrom(openapi)
  const plain: Schema = { type: 'string' }
  return {
    ...schema,
    type: 'object',
    fields: { ...schema.fields, apiVersion: plain, kind: plain, metadata: builtinSchema('ObjectMeta') },
  }
}

/** An OpenAPI v3 structural schema in our own form. What it cannot say (patterns, bounds, CEL rules) is not checked. */
export function schemaFrom(openapi: Tree): Schema {
  const extras: Partial<Schema> = {}
  if (Array.isArray(openapi.enum)) extras.enum = openapi.enum.map(String)
  if (openapi.default !== undefined) extras.default = openapi.default
  if (openapi['x-kubernetes-map-type'] === 'atomic') extras.atomic = true
  if (openapi['x-kubernetes-preserve-unknown-fields'] === true) extras.open = true
  if (Array.isArray(openapi.required)) extras.required = openapi.required.map(String)
  if (openapi['x-kubernetes-int-or-string'] === true) return { type: 'intOrString', ...extras }
  if (openapi.type === 'array') return listFrom(openapi, extras)
  if (openapi.type === 'object' || isTree(openapi.properties)) return objectFrom(openapi, extras)
  if (
    openapi.type === 'string' ||
    openapi.type === 'integer' ||
    openapi.type === 'number' ||
    openapi.type === 'boolean'
  )
    return { type: openapi.type, ...extras }
  return anySchema
}

function objectFrom(openapi: Tree, extras: Partial<Schema>): Schema {
  if (isTree(openapi.additionalProperties))
    return { type: 'map', items: schemaFrom(openapi.additionalProperties), ...extras }
  const members = Object.entries(treeAt(openapi, 'properties')).map(
    ([name, each]) => [name, schemaFrom(isTree(each) ? each : {})] as const,
  )
  if (members.length === 0 && extras.open) return { ...anySchema, ...extras }
  return { type: 'object', fields: Object.fromEntries(members), ...extras }
}

function listFrom(openapi: Tree, extras: Partial<Schema>): Schema {
  const list: Schema = { type: 'list', items: schemaFrom(treeAt(openapi, 'items')), ...extras }
  const keys = openapi['x-kubernetes-list-map-keys']
  if (openapi['x-kubernetes-list-type'] === 'set') list.keys = 'set'
  if (openapi['x-kubernetes-list-type'] === 'map' && Array.isArray(keys)) list.keys = keys.map(String)
  return list
}
