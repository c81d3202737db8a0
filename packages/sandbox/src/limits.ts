/** Every bound of the policy sandbox. A policy that reaches one gets no verdict, and the action it guards is not done. */
export const limits = {
  /** Wall time of one `eval` or `management` call. */
  evaluateMsMax: 250,
  /** Wall time of importing a policy and building its rule object. */
  loadMsMax: 2_000,
  /** What the parent waits beyond a deadline before it kills the process. */
  killGraceMsMax: 250,
  /** Wall time of one inspection, unpacking included. */
  inspectMsMax: 2_000,
  /** Time for a process to start, and for a request to reach the head of its queue. */
  waitMsMax: 15_000,
  /** How long a tenant with calls without end keeps its process while another tenant waits for one. */
  turnMsMax: 2_000,
  /** Time for the memory snapshot to be built. */
  buildMsMax: 120_000,
  /** How long an unused process stays. */
  idleSecondsMax: 60,
  /** Tenants with a process at the same time. */
  processesMax: 3,
  /** Interpreters in one process; while fewer are in use, one of them is the spare. */
  interpretersMax: 4,
  /** Calls waiting for one tenant. */
  queueMax: 100,
  /** Resident memory of a process, above which it is replaced. */
  processMbMax: 450,
  /** Python heap of one interpreter. */
  pythonHeapMbMax: 128,
  /** JavaScript heap of one interpreter. */
  scriptHeapMbMax: 96,
  /** JSON text of the input, in characters. */
  inputCharsMax: 8 * 1024 * 1024,
  /** JSON text of the verdict, in characters. */
  outputCharsMax: 8 * 1024 * 1024,
  /** JSON text of the context, in characters (all ASCII as Python writes it, so bytes too). */
  contextCharsMax: 64 * 1024,
  /** What a policy prints in one call. */
  logBytesMax: 64 * 1024,
  /** One line from a process: a reply and its escaping. */
  lineCharsMax: 24 * 1024 * 1024,
  /** Policy code as it is stored: source text or archive (spec/decisions.md 18). */
  codeBytesMax: 256 * 1024,
  /** An archive's content (spec/decisions.md 18). */
  unpackedBytesMax: 2 * 1024 * 1024,
  /** Files in an archive (spec/decisions.md 18). */
  filesMax: 100,
  /** Text of a failure. */
  messageCharsMax: 2_000,
} as const
