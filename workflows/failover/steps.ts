import * as action from '@gridgate/core/action/action-steps'
import { ActionWork } from '@gridgate/core/action/action-work'
import * as close from '@gridgate/core/action/close-action'
import { step } from '@gridgate/runtime/step'

export const preflight = step(ActionWork, action.preflight)
export const announce = step(ActionWork, action.announce)
export const cordonPool = step(ActionWork, action.cordonPool)
export const restartJobSet = step(ActionWork, action.restartJobSet)
export const proveRestarted = step(ActionWork, action.proveRestarted)
export const uncordonPool = step(ActionWork, action.uncordonPool)
export const completeTask = step(ActionWork, close.completeAction)
export const undoCordons = step(ActionWork, action.undoCordons)
export const cancelTask = step(ActionWork, close.cancelActionWork)
export const failTask = step(ActionWork, close.failAction)
