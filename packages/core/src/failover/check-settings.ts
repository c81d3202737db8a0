import type { BodyProblem } from '../cluster/invalid-document.ts'
import type { GridError } from '../errors.ts'
import type { Needs } from '../ports.ts'
import { type Freeze, freezeProblem } from './freeze.ts'
import type { FailoverSettings } from './settings.ts'

/**
 * Refuses settings that a schema alone cannot tell: windows that never begin, a freeze that is over or too long.
 * @param refused makes the error of what is wrong
 */
export function requireSound(
  ports: Needs<'calendar' | 'clock'>,
  { windows, freeze }: Pick<FailoverSettings, 'windows' | 'freeze'>,
  refused: (problems: readonly BodyProblem[]) => GridError,
): void {
  const ofWindows = windows.flatMap((window, index) => {
    const detail = ports.calendar.problem(window)
    return detail === null ? [] : [{ pointer: `/windows/${index}`, detail }]
  })
  const problems = [...ofWindows, ...freezeProblems(freeze, ports.clock.now())]
  if (problems.length > 0) throw refused(problems)
}

/** What is wrong with a freeze that is to be set. */
export function freezeProblems(freeze: Freeze | null, now: Date): BodyProblem[] {
  const detail = freeze && freezeProblem(freeze, now)
  return detail === null ? [] : [{ pointer: '/freeze/until', detail }]
}
