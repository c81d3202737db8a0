/** One time series of a family. */
export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
  /** What a summary's samples are: `_sum` or `_count`. */
  suffix?: '_sum' | '_count'
}

/** What is measured, and every series of it. */
export interface Family {
  name: string
  type: 'counter' | 'gauge' | 'summary'
  help: string
  samples: readonly Sample[]
}

/** The media type of what `exposition` gives. */
export const expositionMediaType = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus' text format 0.0.4. */
export const exposition = (families: readonly Family[]): string => families.map(familyText).join('')

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ labels, value, suffix = '' }) => `${name}${suffix}${labelText(labels)} ${value}`)
  return `${[`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines].join('\n')}\n`
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
