import { faultTable, knownStates, type Cell, type FaultRow } from '../src/logins/fault-table.ts';
import { remedies } from '../src/logins/trouble.ts';

const during = {
  reading: 'While a login is read, or tried again with Reload',
  sign_in: 'While a sign-in is finished',
} as const;

const unnamed = { name: '…', redirectUri: '…' };

/** What the bridge says of a login in trouble, as tables of Markdown. */
export function loginFaultTables(): string {
  const parts = (['reading', 'sign_in'] as const).map((when) =>
    [
      `### ${during[when]}`,
      '',
      '| the bridge says | it was | it becomes | what it means | what to do |',
      '| --- | --- | --- | --- | --- |',
      ...faultTable.filter((row) => row.during === when).flatMap(lines),
    ].join('\n'),
  );
  return parts.join('\n\n');
}

/** One line for each thing a fault can make the bridge say, with the states it says it in. */
function lines({ cells, means }: FaultRow): readonly string[] {
  const same = new Map<string, { readonly cell: Cell; readonly becomes: string; readonly was: string[] }>();
  for (const state of knownStates) {
    const cell = cells[state];
    if (!cell) continue;
    const becomes = cell.state === state ? 'the same' : `\`${cell.state}\``;
    const key = `${cell.needs(unnamed)} ${becomes} ${cell.remedy}`;
    const known = same.get(key) ?? { cell, becomes, was: [] };
    known.was.push(state);
    same.set(key, known);
  }
  return [...same.values()].map(({ cell, becomes, was }) => {
    const states = was.map((state) => `\`${state}\``).join(', ');
    const sentence = cell.needs(unnamed);
    const { words, verbs } = remedies[cell.remedy];
    const commands = verbs.map((verb) => `\`login ${verb}\``).join(', ');
    const help = commands === '' ? words : `${words} (${commands})`;
    return `| "${sentence}" | ${states} | ${becomes} | ${means} | ${help} |`;
  });
}
