import { ensureGatewayKey } from '@gridgate/core/controller/ensure-gateway-key'
import { z } from '@gridgate/http/z'
import { step } from '@gridgate/runtime/step'

/** Makes the gateway's first signing key, if there is none: with a deployment, and every hour. */
export const handler = step(z.unknown(), ensureGatewayKey)
