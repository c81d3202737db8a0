import { type Tree, textAt } from '../object.ts'

/**
 * The small messages that `kubectl create`, `kubectl create token` and `kubectl auth` send as protobuf: member by field number.
 * `s` text, `i` integer, `m` map of text, `b` map of bytes (as base64), `s[]` list of text, else the name of a message (`[]` list).
 * Numbers are those of the generated.proto files of k8s.io/api.
 */
const messages: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Unknown: { 1: 'typeMeta:TypeMeta', 2: 'raw:raw' },
  TypeMeta: { 1: 'apiVersion:s', 2: 'kind:s' },
  ObjectMeta: {
    1: 'name:s',
    2: 'generateName:s',
    3: 'namespace:s',
    5: 'uid:s',
    6: 'resourceVersion:s',
    11: 'labels:m',
    12: 'annotations:m',
  },
  Namespace: { 1: 'metadata:ObjectMeta' },
  ServiceAccount: { 1: 'metadata:ObjectMeta' },
  ConfigMap: { 1: 'metadata:ObjectMeta', 2: 'data:m', 3: 'binaryData:b' },
  Secret: { 1: 'metadata:ObjectMeta', 2: 'data:b', 3: 'type:s', 4: 'stringData:m' },
  PolicyRule: {
    1: 'verbs:s[]',
    2: 'apiGroups:s[]',
    3: 'resources:s[]',
    4: 'resourceNames:s[]',
    5: 'nonResourceURLs:s[]',
  },
  Role: { 1: 'metadata:ObjectMeta', 2: 'rules:PolicyRule[]' },
  ClusterRole: { 1: 'metadata:ObjectMeta', 2: 'rules:PolicyRule[]' },
  RoleSubject: { 1: 'kind:s', 2: 'apiGroup:s', 3: 'name:s', 4: 'namespace:s' },
  RoleRef: { 1: 'apiGroup:s', 2: 'kind:s', 3: 'name:s' },
  RoleBinding: { 1: 'metadata:ObjectMeta', 2: 'subjects:RoleSubject[]', 3: 'roleRef:RoleRef' },
  ClusterRoleBinding: { 1: 'metadata:ObjectMeta', 2: 'subjects:RoleSubject[]', 3: 'roleRef:RoleRef' },
  DeleteOptions: { 1: 'gracePeriodSeconds:i', 4: 'propagationPolicy:s', 5: 'dryRun:s[]' },
  Eviction: { 1: 'metadata:ObjectMeta', 2: 'deleteOptions:DeleteOptions' },
  TokenRequestSpec: { 1: 'audiences:s[]', 4: 'expirationSeconds:i' },
  TokenRequest: { 1: 'metadata:ObjectMeta', 2: 'spec:TokenRequestSpec' },
  SelfSubjectReview: { 1: 'metadata:ObjectMeta' },
  ResourceAttributes: {
    1: 'namespace:s',
    2: 'verb:s',
    3: 'group:s',
    4: 'version:s',
    5: 'resource:s',
    6: 'subresource:s',
    7: 'name:s',
  },
  NonResourceAttributes: { 1: 'path:s', 2: 'verb:s' },
  AccessSpec: { 1: 'resourceAttributes:ResourceAttributes', 2: 'nonResourceAttributes:NonResourceAttributes' },
  SelfSubjectAccessReview: { 1: 'metadata:ObjectMeta', 2: 'spec:AccessSpec' },
  RulesSpec: { 1: 'namespace:s' },
  SelfSubjectRulesReview: { 1: 'metadata:ObjectMeta', 2: 'spec:RulesSpec' },
}

const magic = Buffer.from('k8s\0')

/** Reads a protobuf body; undefined for kinds that are not read here, or bytes that are not such a message. */
export function decodeProtobuf(body: Buffer): Tree | undefined {
  if (!body.subarray(0, magic.length).equals(magic)) return undefined
  try {
    const envelope = readMessage(body.subarray(magic.length), 'Unknown')
    const kind = textAt(envelope, 'typeMeta', 'kind')
    if (!messages[kind] || !Buffer.isBuffer(envelope.raw)) return undefined
    return { apiVersion: textAt(envelope, 'typeMeta', 'apiVersion'), kind, ...readMessage(envelope.raw, kind) }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readMessage(bytes: Buffer, name: string): Tree {
  const fields = messages[name] ?? {}
  const message: Tree = {}
  let offset = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(offset)
      offset += 1
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (offset < bytes.length) {
    const tag = varint()
    const [member = '', type = ''] = (fields[tag >>> 3] ?? '').split(':')
    const wire = tag & 7
    if (wire === 0) {
      const value = varint()
      if (member) message[member] = type === 'i' ? value : value !== 0
    } else if (wire === 2) {
      const length = varint()
      if (offset + length > bytes.length) throw new RangeError('the message ends early')
      if (member) put(message, member, type, bytes.subarray(offset, offset + length))
      offset += length
    } else offset += wire === 1 ? 8 : 4
  }
  return message
}

function put(message: Tree, member: string, type: string, bytes: Buffer): void {
  if (type === 'raw') message[member] = bytes
  else if (type === 's') {
    // An empty text is what protobuf sends for an absent one.
    if (bytes.length > 0) message[member] = bytes.toString('utf8')
  } else if (type === 'm' || type === 'b') {
    const { key, value } = readEntry(bytes, type)
    message[member] = { ...(message[member] as Tree | undefined), [key]: value }
  } else if (type.endsWith('[]')) {
    const item = type === 's[]' ? bytes.toString('utf8') : readMessage(bytes, type.slice(0, -2))
    message[member] = [...((message[member] as unknown[] | undefined) ?? []), item]
  } else message[member] = readMessage(bytes, type)
}

function readEntry(bytes: Buffer, type: string): { key: string; value: string } {
  const keyLength = bytes.readUInt8(1)
  const key = bytes.subarray(2, 2 + keyLength).toString('utf8')
  let offset = 3 + keyLength
  let length = 0
  for (let shift = 0; offset < bytes.length; shift += 7) {
    const byte = bytes.readUInt8(offset)
    offset += 1
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  return { key, value: bytes.subarray(offset, offset + length).toString(type === 'b' ? 'base64' : 'utf8') }
}
