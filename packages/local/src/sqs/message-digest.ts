import { createHash } from 'node:crypto'
import { invalidValue } from './errors.ts'

/** One message attribute as sent. */
export interface MessageAttribute {
  DataType: string
  StringValue?: string
  BinaryValue?: string
}

export type MessageAttributes = Record<string, MessageAttribute>

/** Attributes that one message may carry. */
const attributesMax = 10

/** MD5 of a text, in hexadecimal. */
export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex')

/** Checks names and values. @throws {AwsError} InvalidParameterValue. */
export function checkMessageAttributes(attributes: MessageAttributes): void {
  const entries = Object.entries(attributes)
  if (entries.length > attributesMax)
    throw invalidValue(String(entries.length), 'MessageAttributes', `At most ${attributesMax} are allowed.`)
  for (const [name, attribute] of entries) {
    if (!/^(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)$/.test(name) || /^(aws|amazon)\./i.test(name))
      throw invalidValue(name, 'MessageAttributes', 'The attribute name is not allowed.')
    const [type] = String(attribute.DataType).split('.')
    const value = type === 'Binary' ? attribute.BinaryValue : attribute.StringValue
    if (!['String', 'Number', 'Binary'].includes(type ?? '') || typeof value !== 'string' || value === '')
      throw invalidValue(name, 'MessageAttributes', 'The attribute must have a data type and a value of that type.')
  }
}

/** Bytes that attributes add to a message. */
export function attributeBytes(attributes: MessageAttributes): number {
  let bytes = 0
  for (const [name, attribute] of Object.entries(attributes))
    bytes += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + bytesOf(attribute).length
  return bytes
}

/** MD5 of message attributes, which clients compare (SQS Developer Guide, "Calculating the MD5 message digest"). */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort()
  if (names.length === 0) return undefined
  const hash = createHash('md5')
  const add = (part: Buffer): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    hash.update(length).update(part)
  }
  for (const name of names) {
    const attribute = attributes[name]
    if (!attribute) continue
    add(Buffer.from(name))
    add(Buffer.from(attribute.DataType))
    hash.update(Buffer.of(isBinary(attribute) ? 2 : 1))
    add(bytesOf(attribute))
  }
  return hash.digest('hex')
}

const isBinary = (attribute: MessageAttribute): boolean => attribute.DataType.startsWith('Binary')
const bytesOf = (attribute: MessageAttribute): Buffer =>
  isBinary(attribute) ? Buffer.from(attribute.BinaryValue ?? '', 'base64') : Buffer.from(attribute.StringValue ?? '')
