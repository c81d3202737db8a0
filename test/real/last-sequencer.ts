import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Runs the file that looks at the audit log of the whole run behind all others. */
export class LastSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLast = ({ moduleId }: TestSpecification): boolean => moduleId.endsWith('/audit.test.ts')
    return [...sorted.filter((file) => !isLast(file)), ...sorted.filter(isLast)]
  }
}
