import { functionName } from '@gridgate/http/manifest-row'

/** Longest name of a function and of a role ("Lambda quotas", "IAM and AWS STS quotas"), in characters. */
const nameCharactersMax = 64

/** A stage's name stands in every other: in the longest one there is room for so much, in characters. */
const stageCharactersMax = 9

/**
 * What stands before every name of a stage, `gridgate-prod-`.
 * @throws {Error} for a stage whose names would be too long or not allowed
 */
export function prefixOf(stage: string): string {
  // Rights on `gridgate-dev-*` would be rights on a stage `dev-2` too.
  if (!/^[a-z][a-z0-9]*$/.test(stage) || stage.length > stageCharactersMax)
    throw new Error(`the stage ${stage} is not 1 to ${stageCharactersMax} of a-z and 0-9, beginning with a letter`)
  return `gridgate-${stage}-`
}

/** @throws {Error} for a name that AWS would refuse after half of the deployment */
export function nameOf(prefix: string, name: string): string {
  const whole = functionName(prefix, name)
  if (whole.length > nameCharactersMax) throw new Error(`${whole} is longer than ${nameCharactersMax} characters`)
  return whole
}

/** `clusters-list` → `ClustersList`: how the deployment's state calls a resource. */
export const logicalName = (name: string): string =>
  name.replaceAll(/(?:^|[-/])([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
