import type { Section } from './section.ts'
export const decisions: Section = { name: 'decisions', about: '', run: async () => [] }
