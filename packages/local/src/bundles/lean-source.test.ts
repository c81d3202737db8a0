import { describe, expect, it } from 'vitest'
import { leanSource } from './lean-source.ts'

const used = `import { z } from 'zod'

const lengthMax = 3

export const Name = z.string().max(lengthMax).brand('Name')
export type Name = z.infer<typeof Name>

/** Several lines. */
export const Row: z.ZodType<unknown> = z
  .object({
    name: Name,

    // A remark.
    count: z.number(),
  })
  .strict()

const Part = Row.pick({ name: true })
export const limits = { max: 3 }
`

describe('what bundling changes in a module', () => {
  it('marks each schema, whole, and nothing else', () => {
    const lean = leanSource(used)
    expect(lean.match(/@__PURE__/g)).toHaveLength(3)
    expect(lean).toContain(
      `export const Name = /* @__PURE__ */ (() => z.string().max(lengthMax).brand('Name'))()\nexport type`,
    )
    expect(lean).toContain(
      `  .strict())()\n\nconst Part = /* @__PURE__ */ (() => Row.pick({ name: true }))()\nexport const limits`,
    )
  })

  it.each(["import { z } from 'zod'", "import { z } from '@gridgate/http/z'"])('takes single members by %s', (line) => {
    expect(leanSource(`${line}\n`)).toBe("import * as z from 'zod'\n")
  })

  it('leaves descriptions out, and what else is called so in its place', () => {
    const lean = leanSource(
      `const Size = z.number().describe('MB, a node\\'s').optional().describe(\n  \`at most \${sizeMax}\`,\n)\nasset.describe(body)\n`,
    )
    expect(lean).toContain('z.number().optional())()\nasset.describe(body)')
  })

  it('leaves a module without schemas as it is', () => {
    const text = `import { readFile } from 'node:fs/promises'\n\nexport const name = () => readFile('a')\n`
    expect(leanSource(text)).toBe(text)
  })

  it('leaves an unused schema out of a bundle', async () => {
    const { build, stop } = await import('esbuild')
    const contents = leanSource(`${used}export const Unseen = z.string().regex(/unseen/)\n`).replaceAll('export ', '')
    const { outputFiles } = await build({
      stdin: { contents: `${contents}\nconsole.log(Name)`, resolveDir: import.meta.dirname, loader: 'ts' },
      ...{ bundle: true, write: false, platform: 'node', external: ['zod'] },
    })
    await stop() // its process would stay otherwise
    const text = outputFiles[0]?.text ?? ''
    expect(text).toContain('brand')
    expect(text).not.toContain('unseen')
    expect(text).not.toContain('.strict')
  })
})
