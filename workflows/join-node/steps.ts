import * as close from '@gridgate/core/node/close-join'
import * as join from '@gridgate/core/node/join-steps'
import { JoinWork } from '@gridgate/core/node/join-work'
import { step } from '@gridgate/runtime/step'

export const awaitNode = step(JoinWork, join.awaitNode)
export const labelNode = step(JoinWork, join.labelNode)
export const storeNode = step(JoinWork, join.storeNode)
export const dropToken = step(JoinWork, join.dropToken)
export const completeTask = step(JoinWork, close.completeJoin)
export const undoJoin = step(JoinWork, join.undoJoin)
export const cancelTask = step(JoinWork, close.cancelJoin)
export const failTask = step(JoinWork, close.failJoin)
