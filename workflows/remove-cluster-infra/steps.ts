import * as check from '@gridgate/core/infra/check-removal'
import * as close from '@gridgate/core/infra/close-infra'
import { InfraWork } from '@gridgate/core/infra/infra-work'
import * as left from '@gridgate/core/infra/list-left-behind'
import * as record from '@gridgate/core/infra/record-infra'
import * as remove from '@gridgate/core/infra/remove-objects'
import { step } from '@gridgate/runtime/step'

export const checkRemoval = step(InfraWork, check.checkRemoval)
export const removeObjects = step(InfraWork, remove.removeObjects<InfraWork>)
export const verifyRemoval = step(InfraWork, remove.verifyRemoval<InfraWork>)
export const clearUrlMap = step(InfraWork, record.clearUrlMap)
export const completeTask = step(InfraWork, close.completeInfra)
export const listLeftBehind = step(InfraWork, left.listLeftBehind<InfraWork>)
export const cancelTask = step(InfraWork, close.cancelInfra)
export const failTask = step(InfraWork, close.failInfra)
