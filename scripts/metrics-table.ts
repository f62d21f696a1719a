import { metricTable } from '../src/http/metrics.ts';
import type { WrittenPart } from './written-parts.ts';

/** Every metric with its labels and what it means. */
export const metricsPart: WrittenPart = ['src/http/metrics.ts', table];

function table(): string {
  const rows = Object.entries(metricTable).map(([name, { type, labels, help }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type} | ${shown} | ${help} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
