import { appOptions } from '../src/app-settings.ts';
import { settings } from '../src/config.ts';

const introduction = `# Settings

<!-- Written by \`npm run docs\` from src/config.ts and src/app-settings.ts: change it there. -->

Set these in the environment, or in a file called \`.env\` in the directory the bridge is started from; where a variable
is in both, the environment wins. An empty value means "not set". In \`.env\`, put a value with a \`#\` in quotes; write
paths out, because nothing there replaces \`~\` and \`$HOME\`.

Each one also takes a \`_FILE\` form that names a file holding the value, as container secrets do:
\`MONZO_BRIDGE_ADMIN_TOKEN_FILE=/run/secrets/admin\`. Setting both forms is refused.

A wrong value, or a name that is not listed here, stops the start with one sentence that says what to correct, and exit
code 78, so that a service is not started again and again. The bridge never writes to your files.
`;

const inApp = `## In the Home Assistant app

The app needs no setting. What it offers is on its Configuration tab; an empty option means "not set", and one that is set
wins over what the Supervisor offers:
`;

const defaultsInApp = `Beside them the app keeps its data in \`/data\`, listens on ports 8099 (behind Home Assistant) and 8098, and writes its log for
people to read. Its time zone is Home Assistant's, so that the days of its sums are those of your dashboards; it is
Europe/London where Home Assistant says UTC, which means that no one has set one.
`;

const ofUser = {
  mqtt_username: 'the user name at the broker, in place of the one in `mqtt_url` or the Supervisor’s',
  mqtt_password: 'the password of `mqtt_username`',
} as const;

type Entry = (typeof settings)[keyof typeof settings];

/** The page about every setting: what it is called, what it is for, its default and what a right value looks like. */
export function settingsPage(): string {
  const rows = Object.entries(settings).map(([name, setting]) => {
    const cells = [`\`MONZO_BRIDGE_${name}\``, defaultOf(setting), setting.meaning, setting.shape];
    return `| ${cells.map(cell).join(' | ')} |`;
  });
  const table = ['| variable | default | meaning | value |', '| --- | --- | --- | --- |', ...rows];
  return `${introduction}\n${table.join('\n')}\n\n${inApp}\n${optionsTable()}\n\n${defaultsInApp}`;
}

function optionsTable(): string {
  const stands = Object.entries(appOptions).map(([name, setting]) => {
    const meaning = setting === null ? ofUser[name as keyof typeof ofUser] : `\`MONZO_BRIDGE_${setting}\``;
    return `| \`${name}\` | ${meaning} |`;
  });
  return ['| option | stands for |', '| --- | --- |', ...stands].join('\n');
}

function defaultOf({ schema }: Entry): string {
  const value = schema.parse(undefined);
  return value === null || String(value) === '' ? 'not set' : `\`${String(value)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
