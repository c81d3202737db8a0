/** Tells the user what happens: as text for people, or as one JSON event a line for programs. */
export interface Reporter {
  /** @param text what people read; null where the event says nothing to them */
  tell(event: string, text: string | null, fields?: Record<string, unknown>): void
}

export function reporter(
  json: boolean,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Reporter {
  return {
    tell(event, text, fields = {}) {
      if (json) write(`${JSON.stringify({ event, at: new Date().toISOString(), ...fields })}\n`)
      else if (text !== null) write(`${text}\n`)
    },
  }
}
