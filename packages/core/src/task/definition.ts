/**
 * Fills the `${name}` holes of a state machine definition with function ARNs; the text is used as it is otherwise.
 * @throws {Error} for a hole without a value: a definition must not be deployed with one
 */
export function fillDefinition(text: string, arnOf: (name: string) => string | undefined): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => {
    const arn = arnOf(name)
    if (arn === undefined) throw new Error(`the definition's hole ${name} has no function`)
    return arn
  })
}
