import { describe, expect, it } from 'vitest'
import { surveyNode } from '../../../../test/surveyed.ts'
import type { SurveyNode } from '../action/survey.ts'
import { judgeRepair, type RepairBefore } from './judge-repair.ts'

const before: RepairBefore = {
  ...{ name: 'n1', uid: 'uid-n1', provider_id: null, region: null, boot_id: 'boot-1', accelerators: 8 },
  ...{ newest_at: '2030-01-01T00:00:00Z', expected_nodes: 2, is_atomic: false },
}
const node = (name: string, more: Partial<SurveyNode> = {}): SurveyNode =>
  surveyNode(name, { boot_id: `boot-${name.slice(1)}`, created_at: '2029-01-01T00:00:00Z', ...more })
const later = '2030-01-01T00:10:00Z'
const other = node('n2')
const old = node('n1')
const booted = { ...old, boot_id: 'boot-9' }
const fresh = node('n9', { created_at: later })
const again = { ...old, uid: 'uid-again', boot_id: 'boot-8', created_at: later }

describe('a repair', () => {
  it.each<[string, 'reboot' | 'replace', SurveyNode[], boolean]>([
    ['nothing has happened', 'replace', [old, other], false],
    ['the node is gone', 'replace', [other], false],
    ['another node came', 'replace', [other, fresh], true],
    ['the same name came again', 'replace', [other, again], true],
    ['the same object has another boot', 'replace', [other, booted], true],
    ['another node came beside the old one', 'replace', [old, other, fresh], false],
    ['another node came, not ready', 'replace', [other, { ...fresh, ready: false }], false],
    ['another node came with too few accelerators', 'replace', [other, { ...fresh, accelerators: 7 }], false],
    ['another node came and a third is missing', 'replace', [fresh], false],
    ['it booted', 'reboot', [booted, other], true],
    ['it was installed anew', 'reboot', [again, other], true],
    ['another node came', 'reboot', [old, other, fresh], false],
    ['another node came in its place', 'reboot', [other, fresh], false],
    ['its boot id is not known', 'reboot', [{ ...old, boot_id: null }, other], false],
  ])('after which %s (%s)', (_, effect, nodes, isWhole) => {
    expect(judgeRepair(effect, before, nodes)).toMatchObject({ isWhole })
  })

  it('of a slice that comes and goes whole needs all of its nodes well', () => {
    const slice = { ...before, is_atomic: true }
    expect(judgeRepair('replace', slice, [{ ...other, ready: false }, fresh]).isWhole).toBe(false)
    expect(judgeRepair('replace', slice, [other, fresh]).isWhole).toBe(true)
  })
})
