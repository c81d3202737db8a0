import { isIP } from 'node:net'
import type { AddressGuard } from '@gridgate/core/address-guard'
import type { KubeconfigReader } from '@gridgate/core/infra/infra-builder'
import { sanitise, sealedText } from '@gridgate/kube/kubeconfig'
import { requireAllowed } from './require-allowed.ts'

/** Reads kubeconfigs with packages/kube; a server that is written as an address passes the guard at once (spec/decisions.md 8). */
export const kubeconfigReader = (guard: AddressGuard): KubeconfigReader => ({
  sanitise(kubeconfig) {
    const clean = sanitise(kubeconfig)
    const server = new URL(clean.server)
    const host = server.hostname.replace(/^\[|\]$/g, '')
    // A name is resolved, and its address held against the rules, when it is connected to.
    if (isIP(host) !== 0) requireAllowed(guard, server, host, Number(server.port || 443))
    return sealedText(clean)
  },
})
