/** What a container program learns about the container that it plays. */
export interface ProgramContext {
  pod: {
    namespace: string
    name: string
    uid: string
    ip: string
    nodeName: string
    labels: Readonly<Record<string, string>>
  }
  container: {
    name: string
    image: string
    command: readonly string[]
    args: readonly string[]
    ports: readonly number[]
  }
  /** The environment, with references resolved. */
  env: Readonly<Record<string, string>>
  /** Files from ConfigMap and Secret volumes, by absolute path. */
  files: Readonly<Record<string, string>>
  /** A bearer token of the pod's ServiceAccount. */
  serviceAccountToken: string
  /** Writes one line of the container's log. */
  log: (line: string) => void
}

export interface RunningProgram {
  /** Asked again and again until it is true, and now and then afterwards. */
  ready(): boolean | Promise<boolean>
  stop(): Promise<void>
  /** Where each container port really listens: container port to loopback port. */
  ports: Readonly<Record<number, number>>
  /** Resolves with the exit code when the program ends by itself; never for a service. */
  exited?: Promise<number>
}

/** A program of this process that runs in place of a container image. A rejected start counts as a crash. */
export interface ContainerProgram {
  start(context: ProgramContext): Promise<RunningProgram>
}

/** The program of an image; null for images that cannot be pulled. */
export type ImageRegistry = (image: string) => ContainerProgram | null

/** Images that merely run: started means ready, and nothing listens. */
export const plainProgram: ContainerProgram = {
  start: async () => ({ ready: () => true, stop: async () => undefined, ports: {} }),
}
