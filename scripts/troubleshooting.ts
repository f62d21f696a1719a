import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { refusalGroups, type Refusal } from '../src/commands/refusals.ts';
import { loginFaultTables } from './login-faults.ts';

const path = join(import.meta.dirname, '../docs/troubleshooting.md');

/** The parts of the page that are written from the code, by the file they come from. */
const parts: readonly (readonly [source: string, make: () => string])[] = [
  ['src/logins/fault-table.ts', loginFaultTables],
  ['src/commands/refusals.ts', refusalTables],
];

const end = '<!-- End of what is written by npm run docs. -->';

/** The page for people in trouble, with those parts written anew. Throws where a marker is missing. */
export function troubleshootingPage(): string {
  return parts.reduce(
    (page, [source, make]) => {
      const begin = `<!-- Written by \`npm run docs\` from ${source}: change it there. -->`;
      const from = page.indexOf(begin);
      const to = page.indexOf(end, from);
      if (from === -1 || to === -1) throw new Error(`The markers of the part from ${source} are missing.`);
      return `${page.slice(0, from)}${begin}\n\n${make()}\n\n${page.slice(to)}`;
    },
    readFileSync(path, 'utf8'),
  );
}

/** Why commands are refused and fail, as tables of Markdown. */
function refusalTables(): string {
  const groups = Object.entries<Readonly<Record<string, Refusal>>>(refusalGroups);
  return groups
    .map(([title, group]) =>
      [
        `### ${title}`,
        '',
        '| code | over HTTP | the bridge says | what to do |',
        '| --- | --- | --- | --- |',
        ...Object.entries(group).map(
          ([code, { status, says, help }]) => `| \`${code}\` | ${status} | "${says}" | ${help} |`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}
