import { AwsError, type JsonObject } from '../../aws/service.ts'
import { isObject } from '../definition/diagnostics.ts'
import { tagsMax } from '../limits.ts'
import type { MachineRecord } from '../records.ts'
import { arnCharactersMax, type Context, type Operation } from './context.ts'
import { Request } from './request.ts'

/**
 * The tags of a request, by key.
 * @throws {AwsError} ValidationException, TooManyTags
 */
export function readTags(request: Request, before: Record<string, string> = {}): Record<string, string> {
  const list = request.get('tags') ?? []
  if (!Array.isArray(list)) throw new AwsError('SerializationException', "'tags' must be a list")
  const tags = { ...before }
  for (const tag of list) {
    if (!isObject(tag) || typeof tag.key !== 'string' || tag.key === '')
      throw new AwsError('ValidationException', 'a tag must have a key')
    tags[tag.key] = typeof tag.value === 'string' ? tag.value : ''
  }
  if (Object.keys(tags).length > tagsMax) throw new AwsError('TooManyTags', `at most ${tagsMax} tags`)
  return tags
}

function findTagged({ store }: Context, request: Request): { machine: MachineRecord; tags: Record<string, string> } {
  const arn = request.text('resourceArn', arnCharactersMax)
  const machine = store.machine(arn)
  if (!machine) throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`)
  return { machine, tags: JSON.parse(machine.tags) as Record<string, string> }
}

export const tagResource: Operation = (context, input) => {
  const request = new Request('TagResource', input, ['resourceArn', 'tags'])
  const { machine, tags } = findTagged(context, request)
  context.store.saveMachine({ ...machine, tags: JSON.stringify(readTags(request, tags)) })
  return {}
}

export const untagResource: Operation = (context, input) => {
  const request = new Request('UntagResource', input, ['resourceArn', 'tagKeys'])
  const { machine, tags } = findTagged(context, request)
  const keys = request.get('tagKeys')
  if (!Array.isArray(keys)) throw new AwsError('ValidationException', "'tagKeys' must be a list")
  const kept = Object.entries(tags).filter(([key]) => !keys.includes(key))
  context.store.saveMachine({ ...machine, tags: JSON.stringify(Object.fromEntries(kept)) })
  return {}
}

export const listTagsForResource: Operation = (context, input): JsonObject => {
  const request = new Request('ListTagsForResource', input, ['resourceArn'])
  const { tags } = findTagged(context, request)
  return { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) }
}
