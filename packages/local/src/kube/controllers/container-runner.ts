import { randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type Tree, timeText } from '../object.ts'
import type { ContainerProgram, ProgramContext, RunningProgram } from '../programs.ts'
import type { Container, ContainerStatus } from '../shapes.ts'

/** What the kubelet learns when it looks at a container. */
export interface RunnerState {
  status: ContainerStatus
  isReady: boolean
  hasStarted: boolean
  /** Set when the container has ended for good. */
  exitCode: number | undefined
  /** When to look again, though nothing changes. */
  againAt: number | undefined
}

/** What a program is started with, or what is not there yet. */
export type Inputs = Pick<ProgramContext, 'pod' | 'env' | 'files' | 'serviceAccountToken'> | { missing: string }

const readyCheckMs = 200
const readyCheckSlowMs = 5000
const backoffMsMin = 10_000
const backoffMsMax = 300_000
const logLinesMax = 500

type Phase = 'new' | 'starting' | 'running' | 'crashed' | 'ended' | 'stopped'

/** Runs the program of one container of one pod, again and again where the pod wishes it. */
export class ContainerRunner {
  readonly name: string
  readonly #container: Container
  readonly #program: ContainerProgram | null
  readonly #restartPolicy: string
  readonly #clock: Clock
  readonly #wake: () => void
  readonly #id = randomBytes(16).toString('hex')
  #phase: Phase = 'new'
  #running: RunningProgram | undefined
  #isReady = false
  #isAsking = false
  #startedAt = ''
  #endedAt = ''
  #restarts = 0
  #exitCode = 0
  #retryAt = 0
  #log: string[] = []

  constructor(
    container: Container,
    program: ContainerProgram | null,
    restartPolicy: string,
    clock: Clock,
    wake: () => void,
  ) {
    this.name = container.name
    this.#container = container
    this.#program = program
    this.#restartPolicy = restartPolicy
    this.#clock = clock
    this.#wake = wake
  }

  /** The log, or undefined before the first start. */
  logText(): string | undefined {
    return this.#phase === 'new' ? undefined : this.#log.map((line) => `${line}\n`).join('')
  }

  /** The loopback port behind a container port. */
  portOf(containerPort: number): number | undefined {
    return this.#running?.ports[containerPort]
  }

  /** Starts the program where it is due, asks it whether it is ready, and says how things stand. */
  advance(inputs: () => Inputs): RunnerState {
    let waiting: Tree | undefined
    if (!this.#program)
      waiting = {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image ${JSON.stringify(this.#container.image)}`,
      }
    else if (this.#phase === 'new' || (this.#phase === 'crashed' && this.#clock.now() >= this.#retryAt)) {
      const given = inputs()
      if ('missing' in given) waiting = { reason: 'CreateContainerConfigError', message: given.missing }
      else this.#start(this.#program, given)
    }
    if (this.#phase === 'running') this.#ask()
    return this.#state(waiting)
  }

  /** Ends the program; it does not start again. */
  async stop(): Promise<void> {
    this.#phase = 'stopped'
    const running = this.#running
    this.#running = undefined
    await running?.stop().catch(() => undefined)
  }

  #start(program: ContainerProgram, given: Exclude<Inputs, { missing: string }>): void {
    if (this.#phase === 'crashed') this.#restarts += 1
    this.#phase = 'starting'
    const { name, image = '', command = [], args = [], ports = [] } = this.#container
    const container = { name, image, command, args, ports: ports.map((port) => port.containerPort) }
    program.start({ ...given, container, log: (line) => this.#write(line) }).then(
      (running) => this.#started(running),
      (error: unknown) => {
        this.#write(error instanceof Error ? error.message : String(error))
        this.#ended(1)
      },
    )
  }

  #started(running: RunningProgram): void {
    if (this.#phase === 'stopped') {
      void running.stop().catch(() => undefined)
      return
    }
    this.#phase = 'running'
    this.#running = running
    this.#startedAt = timeText(this.#clock.now())
    void running.exited?.then((code) => this.#ended(code))
    this.#wake()
  }

  #ended(code: number): void {
    if (this.#phase === 'stopped') return
    this.#running = undefined
    this.#isReady = false
    this.#exitCode = code
    this.#endedAt = timeText(this.#clock.now())
    const again = this.#restartPolicy === 'Always' || (this.#restartPolicy === 'OnFailure' && code !== 0)
    this.#phase = again ? 'crashed' : 'ended'
    this.#retryAt = this.#clock.now() + Math.min(backoffMsMin * 2 ** this.#restarts, backoffMsMax)
    this.#wake()
  }

  #ask(): void {
    const running = this.#running
    if (!running || this.#isAsking) return
    const answer = running.ready()
    if (typeof answer === 'boolean') {
      this.#isReady = answer
      return
    }
    this.#isAsking = true
    answer
      .catch(() => false)
      .then((isReady) => {
        this.#isAsking = false
        if (this.#running !== running || this.#isReady === isReady) return
        this.#isReady = isReady
        this.#wake()
      })
      // `ready` is only looked at here; a failure to wake would be a defect of the runner itself.
      .catch(() => undefined)
  }

  #write(line: string): void {
    this.#log.push(line)
    if (this.#log.length > logLinesMax) this.#log.shift()
  }

  #state(waiting: Tree | undefined): RunnerState {
    const isRunning = this.#phase === 'running'
    const ended = {
      terminated: {
        exitCode: this.#exitCode,
        reason: this.#exitCode === 0 ? 'Completed' : 'Error',
        startedAt: this.#startedAt || this.#endedAt,
        finishedAt: this.#endedAt,
      },
    }
    const crashed = {
      waiting: { reason: 'CrashLoopBackOff', message: `back-off restarting failed container ${this.name}` },
    }
    const states: Record<Phase, Tree> = {
      new: { waiting: waiting ?? { reason: 'ContainerCreating' } },
      starting: { waiting: { reason: 'ContainerCreating' } },
      running: { running: { startedAt: this.#startedAt } },
      crashed: waiting ? { waiting } : crashed,
      ended,
      stopped: ended,
    }
    const status: ContainerStatus = {
      name: this.name,
      image: this.#container.image ?? '',
      imageID: this.#program ? `simulated://${this.#container.image ?? ''}` : '',
      ready: isRunning && this.#isReady,
      started: isRunning,
      restartCount: this.#restarts,
      ...(isRunning ? { containerID: `simulated://${this.#id}` } : {}),
      state: states[this.#phase],
      lastState: this.#endedAt !== '' && this.#phase !== 'ended' ? ended : {},
    }
    const check = this.#clock.now() + (this.#isReady ? readyCheckSlowMs : readyCheckMs)
    const againAt = this.#phase === 'crashed' ? this.#retryAt : isRunning && this.#isPolled() ? check : undefined
    return {
      status,
      isReady: status.ready,
      hasStarted: isRunning || this.#restarts > 0,
      exitCode: this.#phase === 'ended' ? this.#exitCode : undefined,
      againAt,
    }
  }

  /** A program that answers at once and with no ports is a plain one: it stays as it is. */
  #isPolled(): boolean {
    return !this.#isReady || Object.keys(this.#running?.ports ?? {}).length > 0
  }
}
