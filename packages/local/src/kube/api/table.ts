import { at, isTree, type KubeObject, type Tree } from '../object.ts'
import type { PrinterColumn, Resource } from '../resources.ts'
import { ageText, type Column, columnsOf } from './columns.ts'
import { metadataOnly } from './represent.ts'

/** Objects as a `Table`, as `kubectl get` shows them (meta.k8s.io/v1). */
export function tableOf(resource: Resource, items: readonly KubeObject[], now: number, query: URLSearchParams): Tree {
  const columns = resource.custom ? customColumns(resource) : columnsOf(resource.kind)
  const include = query.get('includeObject') ?? 'Metadata'
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {},
    columnDefinitions: columns.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      description: '',
      priority,
    })),
    rows: items.map((item) => ({
      cells: columns.map((column) => column.cell(item, now)),
      ...(include === 'None' ? {} : { object: include === 'Object' ? item : metadataOnly(item) }),
    })),
  }
}

function customColumns(resource: Resource): Column[] {
  const extra = (resource.columns ?? []).map(
    (column): Column => ({
      name: column.name,
      type: column.type === 'date' ? 'string' : column.type,
      format: '',
      priority: column.priority ?? 0,
      cell: (object, now) => customCell(column, object, now),
    }),
  )
  const [name, age] = columnsOf('')
  if (!name || !age) return extra
  return resource.columns && resource.columns.length > 0 ? [name, ...extra] : [name, age]
}

function customCell(column: PrinterColumn, object: KubeObject, now: number): unknown {
  const value = valueAt(object, column.jsonPath)
  if (value === undefined || value === null) return column.type === 'string' || column.type === 'date' ? '' : null
  if (column.type === 'date') return ageText(String(value), now)
  return isTree(value) || Array.isArray(value) ? JSON.stringify(value) : value
}

/** The value at a simple JSONPath: members, indexes and `[?(@.type=="Ready")]`; the first where there are several. */
function valueAt(object: KubeObject, path: string): unknown {
  const steps = path.match(/\[\?\(@\.(\w+)=="([^"]*)"\)\]|\[(\d+|\*)\]|\.((?:[^.[\\]|\\.)+)/g) ?? []
  let here: unknown = object
  for (const step of steps) {
    const condition = /^\[\?\(@\.(\w+)=="([^"]*)"\)\]$/.exec(step)
    const index = /^\[(\d+|\*)\]$/.exec(step)?.[1]
    if (condition)
      here = Array.isArray(here) ? here.find((each) => at(each, condition[1] ?? '') === condition[2]) : undefined
    else if (index !== undefined) here = Array.isArray(here) ? here[index === '*' ? 0 : Number(index)] : undefined
    else here = at(here, step.slice(1).replaceAll('\\', ''))
  }
  return here
}
