import { accessSync, constants, existsSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { recordingSchema } from '../contract/login-data.ts';
import { messageOf } from '../errors.ts';
import { recording as limits } from '../limits.ts';
import { pathOf } from './api-client.ts';
import { loginNamed } from './household.ts';
import { fileToWrite, type CliSession, type Run } from './cli-session.ts';
import { printable } from './layout.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

interface RecordOptions {
  readonly days?: string;
  readonly yes?: boolean;
}

/** Of the file: the true one would tell by how much the times in it were moved. */
const anyTime = new Date(Date.UTC(2000, 0, 1));
const usualFile = 'monzo-recording.yaml';

/** `monzo-bridge record`: an anonymised recording of what Monzo answers to one login, in a file for its person. */
export function addRecordVerb(program: Command, run: Run): void {
  program
    .command('record <login> [file]')
    .description(`write what Monzo answers to a login into a file (default: ${usualFile}), anonymised`)
    .option(
      '--days <days>',
      `how many days of transactions (1 to ${limits.mostDays}, default: ${limits.days})`,
    )
    .option('--yes', 'do not ask')
    .addHelpText('after', exampleText('record', 'Alex --days 7'))
    .action((login: string, file: string | undefined, given: RecordOptions) =>
      run((session) => record(session, { login, file: file ?? usualFile, ...given })),
    );
}

interface Wanted extends RecordOptions {
  readonly login: string;
  readonly file: string;
}

async function record(session: CliSession, { login, file, days, yes }: Wanted): Promise<void> {
  const { client, terminal, asJson } = session;
  const path = fileToWrite(session, file);
  if (existsSync(path))
    throw new CommandFailure(
      'file_exists',
      `${path} is there already. Nothing was asked: name another file.`,
    );
  const attempt = (outcome: string, act: () => void) => {
    try {
      act();
    } catch (thrown) {
      const sentence = `${path} cannot be written (${messageOf(thrown)}). ${outcome}: name a file in a directory that you may write to.`;
      throw new CommandFailure('unwritable_file', sentence);
    }
  };
  attempt('Nothing was asked', () => accessSync(dirname(path), constants.W_OK));
  const { id, name } = await loginNamed(client, login);
  if (yes !== true) await confirm(session, { name, path, days: days ?? String(limits.days) });
  const call = { method: 'POST', path: pathOf(id, '/recording'), query: { days } } as const;
  const { recording, answers, complete } = await client.json(recordingSchema, call);
  attempt('The recording is lost', () => {
    writeFileSync(path, recording, { flag: 'wx', mode: 0o600 });
    utimesSync(path, anyTime, anyTime);
  });
  if (asJson) return terminal.say(JSON.stringify({ file: path, answers, complete }));
  terminal.say(`Wrote ${answers} answers of Monzo to ${printable(path)}.`);
  if (!complete) terminal.say('Monzo stopped answering on the way, so some are missing.');
  terminal.say('Read the file before you share it. If something in it says who you are, do not share it.');
}

interface Asked {
  readonly name: string;
  readonly path: string;
  readonly days: string;
}

/** Throws `not_confirmed`. */
async function confirm({ terminal }: CliSession, { name, path, days }: Asked): Promise<void> {
  if (!terminal.interactive)
    throw new CommandFailure('not_confirmed', 'Add --yes to record without being asked.');
  for (const line of [
    `The bridge asks Monzo, as ${printable(name)}, for the accounts and, of each account, the balance, the pots, the`,
    `webhooks and up to ${limits.rows} transactions of the last ${printable(days)} days. It changes nothing at Monzo.`,
    'It replaces names, texts, ids, numbers, amounts and dates, and forgets how.',
    `What is left is written to ${printable(path)}. Nothing is sent to anyone.`,
  ])
    terminal.warn(line);
  const answer = await terminal.ask('Record? Type yes: ');
  if (answer.toLowerCase() !== 'yes') throw new CommandFailure('not_confirmed', 'Nothing was recorded.');
}
