import * as close from '@gridgate/core/node/close-removal'
import * as remove from '@gridgate/core/node/removal-steps'
import { RemovalWork } from '@gridgate/core/node/removal-work'
import { step } from '@gridgate/runtime/step'

export const checkNode = step(RemovalWork, remove.checkNode)
export const cordonNode = step(RemovalWork, remove.cordonNode)
export const drainNode = step(RemovalWork, remove.drainNode)
export const removeKubernetesNode = step(RemovalWork, remove.removeKubernetesNode)
export const forgetNode = step(RemovalWork, remove.forgetNode)
export const completeTask = step(RemovalWork, close.completeRemoval)
export const undoCordon = step(RemovalWork, remove.undoCordon)
export const cancelTask = step(RemovalWork, close.cancelRemoval)
export const failTask = step(RemovalWork, close.failRemoval)
