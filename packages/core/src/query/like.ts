/**
 * Makes a matcher of a LIKE pattern: `*` stands for any characters, everything else for itself; the whole text must match,
 * capitals count (spec/errors-and-gaps.md 40). It looks at each piece once from left to right, so no pattern makes it slow.
 */
export function like(pattern: string): (text: string) => boolean {
  const pieces = pattern.split('*')
  const [first = ''] = pieces
  if (pieces.length === 1) return (text) => text === first
  const last = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1).filter((piece) => piece !== '')
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
    const end = text.length - last.length
    let at = first.length
    for (const piece of middle) {
      const found = text.indexOf(piece, at)
      if (found < 0 || found + piece.length > end) return false
      at = found + piece.length
    }
    return true
  }
}
