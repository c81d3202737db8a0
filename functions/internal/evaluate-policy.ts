import { openSandbox, policyHost } from '@gridgate/runtime/policy-host'

/** Runs policies, in a sandbox, in a function without any rights: it is told everything it needs and stores nothing. */
export const handler = policyHost(openSandbox)
