import { settings } from '../src/config.ts';

const introduction = `# Settings

<!-- Written by \`npm run docs\` from src/config.ts: change it there. -->

Set these in the environment, or in a file called \`.env\` in the directory the bridge is started from; where a variable
is in both, the environment wins. An empty value means "not set". In \`.env\`, put a value with a \`#\` in quotes; write
paths out, because nothing there replaces \`~\` and \`$HOME\`.

Each one also takes a \`_FILE\` form that names a file holding the value, as container secrets do:
\`MONZO_BRIDGE_ADMIN_TOKEN_FILE=/run/secrets/admin\`. Setting both forms is refused.

A wrong value, or a name that is not listed here, stops the start with one sentence that says what to correct. The
bridge never writes to your files.
`;

type Entry = (typeof settings)[keyof typeof settings];

/** The page about every setting: what it is called, what it is for, its default and what a right value looks like. */
export function settingsPage(): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const cells = [`\`MONZO_BRIDGE_${name}\``, defaultOf(setting), setting.meaning, setting.shape];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const table = ['| variable | default | meaning | value |', '| --- | --- | --- | --- |', ...rows];
  return `${introduction}\n${table.join('\n')}\n`;
}

function defaultOf({ schema }: Entry): string {
  const value = schema.parse(undefined);
  return value === null || String(value) === '' ? 'not set' : `\`${String(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
