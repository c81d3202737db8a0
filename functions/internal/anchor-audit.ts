import { anchorHeads } from '@gridgate/core/audit/anchor-heads'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

/** On a schedule: writes the ends of all chains of the audit log into the network's. The event says nothing that matters. */
export const handler = step(z.unknown(), anchorHeads)
