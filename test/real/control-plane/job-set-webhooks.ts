/** An object of one of the two webhook kinds, and where it is written. */
export interface Registration {
  path: string
  object: object
}

interface Rule {
  group: string
  version: string
  resource: string
  operations: readonly string[]
}

const jobSets = { group: 'jobset.x-k8s.io', version: 'v1alpha2', resource: 'jobsets' }
const pods: Rule = { group: '', version: 'v1', resource: 'pods', operations: ['CREATE'] }
/** Only pods of a JobSet reach the pod webhooks, as upstream's installation has it. */
const ofJobSets = { matchExpressions: [{ key: 'jobset.sigs.k8s.io/jobset-name', operator: 'Exists' }] }

/**
 * Registers JobSet's webhooks at its port. They are not optional: its defaults come from them, and without them its
 * controller fails on every JobSet.
 */
export function jobSetWebhooks(port: number, authority: string): Registration[] {
  const hook = (name: string, path: string, { operations, group, version, resource }: Rule): object => ({
    name,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    failurePolicy: 'Fail',
    clientConfig: {
      url: `https://127.0.0.1:${port}${path}`,
      caBundle: Buffer.from(authority).toString('base64'),
    },
    rules: [{ operations, apiGroups: [group], apiVersions: [version], resources: [resource] }],
    ...(resource === 'pods' ? { objectSelector: ofJobSets } : {}),
  })
  return [
    registration('MutatingWebhookConfiguration', [
      hook('mjobset.kb.io', '/mutate-jobset-x-k8s-io-v1alpha2-jobset', { ...jobSets, operations: ['CREATE'] }),
      hook('mpod.kb.io', '/mutate--v1-pod', pods),
    ]),
    registration('ValidatingWebhookConfiguration', [
      hook('vjobset.kb.io', '/validate-jobset-x-k8s-io-v1alpha2-jobset', {
        ...jobSets,
        operations: ['CREATE', 'UPDATE'],
      }),
      hook('vpod.kb.io', '/validate--v1-pod', pods),
    ]),
  ]
}

function registration(kind: string, webhooks: object[]): Registration {
  const apiVersion = 'admissionregistration.k8s.io/v1'
  return {
    path: `/apis/${apiVersion}/${kind.toLowerCase()}s/jobset`,
    object: { apiVersion, kind, metadata: { name: 'jobset' }, webhooks },
  }
}
