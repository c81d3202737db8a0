/** A schema at the top of a module: its name, and what it is made by, to the last line that is indented or closes something. */
const schema = /^((?:export )?const [A-Z]\w*(?:: [^=\n]+)? = )((?:z\b|[A-Z]\w*\.).*(?:\n(?:[ \t)}\]].*)?)*)/gm

/** A description in words, which makes a copy of its schema. */
const description = /\s*\.describe\(\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`[^`]*`),?\s*\)/g

/**
 * A module of ours, written so that what a function does not use can be left out of it:
 * - the schema language is imported as a namespace, of which single members are taken; by its name `z` it is one whole,
 * - a schema is marked as made without effect. Making all that its modules hold is a third of what starting a function costs,
 * - descriptions are left out: the API document, which alone shows them, is made before.
 */
export const leanSource = (text: string): string =>
  text
    .replace(/^import \{ z \} from '(?:zod|@gridgate\/http\/z)'$/m, `import * as z from 'zod'`)
    .replace(description, '')
    .replace(schema, (_, head: string, made: string) => {
      const expression = made.trimEnd()
      return `${head}/* @__PURE__ */ (() => ${expression})()${made.slice(expression.length)}`
    })
