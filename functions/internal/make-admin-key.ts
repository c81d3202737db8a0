import { makeAdminKey } from '@gridgate/core/auth/make-admin-key'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

/** Makes a key of a network admin that is good for a day. Nothing calls it but people, through AWS's own API. */
export const handler = step(z.unknown(), makeAdminKey)
