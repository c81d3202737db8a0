/** Bounds of the service, as AWS documents them (spec/step-functions.md sections 2 to 8). */

/** Largest input, state output, result or variable, in bytes of UTF-8. */
export const payloadBytesMax = 262_144
/** Largest state machine definition, in bytes. */
export const definitionBytesMax = 1_048_576
/** Most events of one execution; the last one is kept for its end. */
export const historyEventsMax = 25_000
/** All variables of one execution together, in bytes. */
export const variablesBytesMax = 10 * 1_048_576
/** Longest time of a task, a wait, or a whole execution, in seconds. */
export const taskSecondsMax = 99_999_999
/** Longest ceiling of a retry's wait, in seconds (366 days). */
export const retryDelaySecondsMax = 31_622_400
/** Iterations of one inline Map that run at once. */
export const mapConcurrencyMax = 40
/** Items that `$range` may make. */
export const rangeItemsMax = 1_000
/** Most tags of one state machine. */
export const tagsMax = 50
/** How long an ended execution is kept, in milliseconds (90 days). */
export const retentionMs = 90 * 86_400_000
/** Starts after which ended executions are looked through for old ones. */
export const startsPerCleaning = 500
/** Evaluation steps of one expression, after which it is stopped: the emulation shares its thread with everything else. */
export const expressionStepsMax = 1_000_000
/** Compiled expressions that are kept. */
export const expressionsCachedMax = 2_000
/** Events that are gathered before a running machine writes them and lets others go on. */
export const commitEventsMax = 200
/** Pause before a status notice that was refused is delivered again, in milliseconds. */
export const noticeRetryMs = 1_000
