/** What a node's `spec.providerID` names: an instance that we can repair, or why it is none (spec/failover.md §8, §17). */
export type ProviderId =
  | { kind: 'gce'; project: string; zone: string; name: string }
  | { kind: 'ec2'; zone: string; instanceId: string }
  | { kind: 'hyperpod'; zone: string; cluster: string; instanceId: string }
  | { kind: 'unsupported'; why: string }

/** A project may carry its domain, `example.com:team`. */
const project = /^([a-z0-9][a-z0-9.-]{0,62}:)?[a-z][a-z0-9-]{0,62}$/
const zone = /^[a-z][a-z0-9-]{0,62}$/
const gceName = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const ec2Id = /^i-([0-9a-f]{8}|[0-9a-f]{17})$/
const hyperPodId = /^hyperpod-([a-z0-9]{12})-(i-[0-9a-f]{17})$/

/**
 * Reads a provider id. The parts end up in addresses and signed requests, so what is no proper name is refused here and
 * never cleaned up: a node may carry whatever somebody wrote into it.
 */
export function parseProviderId(text: string | null): ProviderId {
  if (text === null || text === '') return unsupported('the node has no provider id')
  const [, scheme, rest = ''] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/.exec(text) ?? []
  if (scheme === 'gce') return parseGce(rest.split('/'))
  if (scheme === 'aws') return parseAws(rest.split('/'))
  return unsupported(
    scheme === undefined ? 'its provider id has no scheme' : `instances of ${scheme} cannot be repaired from here`,
  )
}

function parseGce(parts: string[]): ProviderId {
  const [inProject = '', inZone = '', name = ''] = parts
  if (parts.length !== 3 || !project.test(inProject) || !zone.test(inZone) || !gceName.test(name))
    return unsupported('its provider id is not gce://project/zone/name')
  return { kind: 'gce', project: inProject, zone: inZone, name }
}

/** Three slashes: the host of `aws:///zone/i-…` is empty. Fargate nodes have another shape, and no instance. */
function parseAws([host, inZone = '', ...rest]: string[]): ProviderId {
  const last = rest.at(-1) ?? ''
  if (host === '' && zone.test(inZone)) {
    if (rest.length === 1 && ec2Id.test(last)) return { kind: 'ec2', zone: inZone, instanceId: last }
    const [, cluster, instanceId] = hyperPodId.exec(last) ?? []
    if (rest.length === 3 && rest[0] === 'sagemaker' && rest[1] === 'cluster' && cluster && instanceId)
      return { kind: 'hyperpod', zone: inZone, cluster, instanceId }
  }
  return unsupported('its provider id is not aws:///zone/i-…: it names no EC2 instance')
}

const unsupported = (why: string): ProviderId => ({ kind: 'unsupported', why })
