/** Cuts a stream of text into lines. A line above the bound throws RangeError, so that the reader's memory is bounded. */
export class LineReader {
  readonly #charsMax: number
  #parts: string[] = []
  #length = 0

  constructor(charsMax: number) {
    this.#charsMax = charsMax
  }

  /** Takes the next piece and returns the lines that it completes, without their ends. */
  push(piece: string): string[] {
    const lines: string[] = []
    let from = 0
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      this.#keep(piece.slice(from, end))
      lines.push(this.#parts.join(''))
      this.#parts = []
      this.#length = 0
      from = end + 1
    }
    this.#keep(piece.slice(from))
    return lines
  }

  #keep(piece: string): void {
    this.#length += piece.length
    if (this.#length > this.#charsMax) throw new RangeError(`a line is longer than ${this.#charsMax} characters`)
    if (piece) this.#parts.push(piece)
  }
}
