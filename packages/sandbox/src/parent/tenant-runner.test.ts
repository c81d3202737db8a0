import { afterEach, describe, expect, it } from 'vitest'
import { manualTimers } from '../../test/manual-timers.ts'
import { limits } from '../limits.ts'
import { readReply } from './reply.ts'
import { type Job, TenantRunner } from './tenant-runner.ts'

const reply = '{"ok":true,"allowed":true,"log":""}\\n{}\\n{}'
/** A child that answers each call with what the body of `answer` writes. */
const childOf = (answer: string): string => `
  let text = ''
  const say = (message) => process.stdout.write((typeof message === 'string' ? message : JSON.stringify(message)) + '\\n')
  const good = (id) => { say({ id, started: 'call' }); say({ id, reply: '${reply}', worn: false }) }
  process.stdin.on('data', (piece) => {
    text += piece
    const lines = text.split('\\n'); text = lines.pop()
    for (const line of lines) { const { id, load } = JSON.parse(line); ${answer} }
  })
  process.stdin.on('end', () => process.exit(0))`

const job: Job = {
  request: { key: 'k', call: 'evaluate', parts: ['{}'], wallMsMax: 100 },
  load: () => ({ parts: [], wallMsMax: 100 }),
  read: readReply,
}
const runners: TenantRunner[] = []
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.stop()))
})

function runnerOf(answer: string) {
  const timers = manualTimers()
  const events: string[] = []
  const runner = new TenantRunner({
    command: async () => [process.execPath, '-e', childOf(answer)],
    timers,
    idleMsMax: 60_000,
    onEvent: (event) => events.push(event),
    onDrained: () => {},
    isWanted: () => false,
    onTurnOver: () => {},
  })
  runners.push(runner)
  return { runner, timers, events }
}

/** Answers the runner's first call badly and every later one well. */
const onceThenGood = (bad: string): string => `if (id === 1) { ${bad} } else good(id)`

describe('TenantRunner', () => {
  it('gives the reply of a child', async () => {
    const { runner } = runnerOf('good(id)')
    expect(await runner.run(job)).toMatchObject({ kind: 'reply', reply: { allowed: true } })
  })

  it.each([
    { what: 'text that is no JSON', bad: `say('hello')` },
    { what: 'an unknown message', bad: `say({ id, allowed: true })` },
    { what: 'a call that was not made', bad: `good(id + 7)` },
    { what: 'a reply before it started', bad: `say({ id, reply: '${reply}', worn: false })` },
    {
      what: 'a reply that the harness does not give',
      bad: `say({ id, started: 'call' }); say({ id, reply: 'yes', worn: false })`,
    },
    { what: 'a second start, to win time', bad: `say({ id, started: 'call' }); say({ id, started: 'call' })` },
    { what: 'a load that it never asked for', bad: `say({ id, started: 'load' })` },
    { what: 'a second request for the code', bad: `say({ id, needs: 'code' })` },
    { what: 'a line without end', bad: `process.stdout.write('x'.repeat(${limits.lineCharsMax + 1}))` },
  ])('ends a child that sends $what, and the next call has a new one', async ({ bad }) => {
    const { runner } = runnerOf(onceThenGood(bad))
    const first = runner.run(job)
    const next = runner.run(job)
    expect(await first).toMatchObject({ kind: 'died', death: expect.stringMatching(/crash|unavailable/) })
    expect(await next).toMatchObject({ kind: 'reply' })
  })

  it('is unavailable, not a failure of the policy, when a child ends before the call started', async () => {
    const { runner } = runnerOf('process.exit(3)')
    expect(await runner.run(job)).toMatchObject({ death: 'unavailable' })
  })

  it('is a crash when a child ends under the call', async () => {
    const { runner } = runnerOf(`say({ id, started: 'call' }); process.kill(process.pid, 'SIGKILL')`)
    expect(await runner.run(job)).toMatchObject({ death: 'crash' })
  })

  it('kills a child that does not answer by the deadline, counted from the start of the call', async () => {
    const { runner, timers, events } = runnerOf(onceThenGood(`say({ id, started: 'call' })`))
    const outcome = runner.run(job)
    const advancing = setInterval(() => timers.advance(100), 20)
    expect(await outcome).toMatchObject({ death: 'timeout' })
    clearInterval(advancing)
    expect(events).toEqual([])
    expect(await runner.run(job)).toMatchObject({ kind: 'reply' })
  })

  it('sends the code when it is asked, and refuses the call when the code is not what it should be', async () => {
    const { runner } = runnerOf(`load ? good(id) : say({ id, needs: 'code' })`)
    expect(await runner.run(job)).toMatchObject({ kind: 'reply' })
    const spoilt = {
      ...job,
      load: () => {
        throw new Error('wrong digest')
      },
    }
    expect(await runner.run(spoilt)).toEqual({ kind: 'died', death: 'crash', message: 'wrong digest' })
  })

  it('does not let a call wait behind others for longer than it may, and says so of no call that runs', async () => {
    const { runner, timers } = runnerOf('')
    const first = runner.run(job)
    const behind = runner.run(job)
    timers.advance(limits.waitMsMax)
    expect(await behind).toMatchObject({ death: 'unavailable', message: 'the calls before it took too long' })
    await expect.poll(() => runner.processId).toBeDefined()
    timers.advance(limits.waitMsMax)
    expect(await first).toMatchObject({ message: 'the sandbox process did not start the call in time' })
  })

  it('replaces a child that says it is worn', async () => {
    const { runner } = runnerOf(`say({ id, started: 'call' }); say({ id, reply: '${reply}', worn: true })`)
    await runner.run(job)
    expect(runner.processId).toBeUndefined()
    expect(await runner.run(job)).toMatchObject({ kind: 'reply' })
  })

  it('ends an unused child after the idle time, not before, and starts again at the next call', async () => {
    const { runner, timers } = runnerOf('good(id)')
    await runner.run(job)
    timers.advance(59_999)
    expect(runner.processId).toBeDefined()
    timers.advance(1)
    expect(runner.processId).toBeUndefined()
    expect(await runner.run(job)).toMatchObject({ kind: 'reply' })
  })

  it('refuses a call when too many wait', async () => {
    const { runner } = runnerOf('good(id)')
    const calls = Array.from({ length: limits.queueMax + 2 }, () => runner.run(job))
    const outcomes = await Promise.all(calls)
    expect(outcomes.filter(({ kind }) => kind === 'died')).toEqual([
      { kind: 'died', death: 'unavailable', message: 'too many calls are waiting' },
    ])
  })

  it('answers what waits when it is stopped', async () => {
    const { runner } = runnerOf(`say({ id, started: 'call' })`)
    const calls = [runner.run(job), runner.run(job)]
    await runner.stop()
    expect(await Promise.all(calls)).toMatchObject([{ death: 'unavailable' }, { death: 'unavailable' }])
  })
})
