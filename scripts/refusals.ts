import { apiRefusals, commandRefusals, refusals } from '../src/refusals/refuse.ts';
import { patternsOf, type RefusalGroup } from '../src/refusals/sentence.ts';
import type { WrittenPart } from './written-parts.ts';

type Groups = Readonly<Record<string, RefusalGroup>>;

/** Every refusal with its sentences and what to do. */
export const refusalParts: readonly WrittenPart[] = [
  ['src/refusals/command-refusals.ts', () => tables(commandRefusals)],
  ['src/refusals/api-refusals.ts', () => tables(apiRefusals)],
];

/** Which codes the API answers with which status, commands aside. */
export const statusPart: WrittenPart = ['src/refusals/api-refusals.ts', statusTable];

function tables(groups: Groups): string {
  return Object.entries(groups)
    .map(([title, group]) =>
      [
        `### ${title}`,
        '',
        '| code | over HTTP | the bridge says | what to do |',
        '| --- | --- | --- | --- |',
        ...Object.entries(group).map(([code, row]) => {
          const says = patternsOf(row).map((pattern) => `"${pattern}"`);
          return `| \`${code}\` | ${row.status} | ${says.join(', or ')} | ${row.help} |`;
        }),
      ].join('\n'),
    )
    .join('\n\n');
}

/** What commands have in common with every other request. */
const common = ['bad_request', 'unknown_login', 'unknown_transaction', 'not_found', 'internal'];

function statusTable(): string {
  const codes = [...common, ...Object.values<RefusalGroup>(apiRefusals).flatMap(Object.keys)];
  const byStatus = Map.groupBy(codes, (code) => refusals.get(code)?.status ?? 500);
  const rows = [...byStatus].sort(([one], [other]) => one - other);
  return [
    '| status | code |',
    '| --- | --- |',
    ...rows.map(([status, own]) => `| ${status} | ${own.map((code) => `\`${code}\``).join(', ')} |`),
  ].join('\n');
}
