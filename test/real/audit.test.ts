import { accessObjects, accounts } from '@gridgate/kube/components/access'
import { namespaces } from '@gridgate/kube/components/names'
import { listAt, textAt } from '@gridgate/kube/object'
import { expect, it } from 'vitest'
import type { AuditLine } from './audit-log.ts'
import { audited } from './installation.ts'
import { describeWithControllers } from './real-cluster.ts'

const { name, namespace } = accounts.controller
const account = `system:serviceaccount:${namespace}:${name}`

/** One right: `verb group/resource in namespace`, where `*` is the whole cluster. */
const said = (verb: string, group: string, resource: string, place = '*'): string =>
  `${verb} ${group === '' ? '' : `${group}/`}${resource} in ${place}`

/** Everything that the controller's account is granted by its roles. */
function granted(): string[] {
  const roles = accessObjects('west-1').filter(
    ({ kind, metadata }) =>
      (kind === 'Role' || kind === 'ClusterRole') &&
      ['gridgate-controller', 'gridgate-bootstrap-tokens', 'gridgate-join-address'].includes(metadata.name),
  )
  const texts = (value: unknown, key: string): string[] => listAt(value, key).filter((one) => typeof one === 'string')
  const all = roles.flatMap((role) =>
    listAt(role, 'rules').flatMap((rule) =>
      texts(rule, 'apiGroups').flatMap((group) =>
        texts(rule, 'resources').flatMap((resource) =>
          texts(rule, 'verbs').map((verb) => said(verb, group, resource, textAt(role, 'metadata', 'namespace'))),
        ),
      ),
    ),
  )
  return [...new Set(all)].sort()
}

/** The rights that a request shows to be used. An object that an apply creates needs `create`, too. */
function rightsOf({ verb, objectRef, responseStatus }: AuditLine): string[] {
  if (!objectRef) return []
  const { apiGroup = '', resource, subresource, namespace: place } = objectRef
  const kind = subresource === undefined ? resource : `${resource}/${subresource}`
  const verbs = verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb]
  const places = place === undefined ? ['*'] : [place, '*']
  return verbs.flatMap((one) => places.map((at) => said(one, apiGroup, kind, at)))
}

/** Granted and not yet used here, each with its reason. */
const unusedForNow: readonly { right: RegExp; reason: string }[] = [
  {
    right: new RegExp(` in (${namespaces.blocks}|${namespaces.vdags})$`),
    reason: 'blocks and vDAGs are placed by later work',
  },
  {
    right: /^(get|list) (getambassador\.io\/mappings|gateway\.networking\.k8s\.io\/httproutes) in controllers$/,
    reason: 'one of the two languages of the ingress',
  },
]

/** What `rights.test.ts` shows to be refused. */
const refusedOnPurpose: readonly RegExp[] = [
  /^list secrets in /,
  /^patch secrets in (kube-system|blocks)$/,
  /^patch apps\/deployments in default$/,
  /^patch configmaps in kube-system$/,
  /^list rbac\.authorization\.k8s\.io\/clusterroles in \*$/,
  /^patch namespaces in new$/,
]

describeWithControllers("the controller's account, by the audit log of the whole run", () => {
  const lines = audited().filter(({ user, responseStatus }) => user.username === account && responseStatus)
  const isDenied = ({ responseStatus }: AuditLine): boolean => responseStatus?.code === 403

  it('was denied nothing that its program asked for', () => {
    const denied = lines.filter(isDenied).map((line) => rightsOf(line)[0] ?? line.requestURI)
    expect([...new Set(denied)].filter((right) => !refusedOnPurpose.some((known) => known.test(right)))).toEqual([])
  })

  it.runIf(lines.length > 0)('is granted nothing that was not used, but for what is listed with its reason', () => {
    const used = new Set(lines.filter((line) => !isDenied(line)).flatMap(rightsOf))
    const unused = granted().filter((right) => !used.has(right))
    expect(unused.filter((right) => !unusedForNow.some((known) => known.right.test(right)))).toEqual([])
  })
})
