import { join } from 'node:path'

const folder = join(import.meta.dirname, '../../../node_modules/.cache/gridgate')

/** Where compiled code is kept between starts (Node.js, "Module compile cache"). It may be deleted at any time. */
export const codeCache = join(folder, 'code')

/** Where bundled functions are kept between starts. It may be deleted while nothing runs. */
export const bundleCache = join(folder, 'functions')
