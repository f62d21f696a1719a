import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandFailure } from './failure.ts';
import type { Session } from './session.ts';

export const secretFileHelp =
  'file that holds the client secret, - for standard input (else MONZO_CLIENT_SECRET, or asked for)';

/** Asks at a terminal. Throws `missing_value` where nobody can answer. */
export async function asked({ terminal }: Session, question: string, option: string): Promise<string> {
  const answer = terminal.interactive ? await terminal.ask(question) : '';
  if (answer !== '') return answer;
  throw new CommandFailure('missing_value', `Give ${option}.`);
}

/** Never an argument: those are shown to every user of the machine. Throws `missing_value`, `unreadable_file`. */
export async function clientSecret(session: Session, file: string | undefined): Promise<string> {
  const { terminal, options } = session;
  if (file === '-') return (await terminal.readAll()).trim();
  if (file !== undefined) return secretIn(resolve(options.cwd, file));
  const fromEnvironment = options.env['MONZO_CLIENT_SECRET'];
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  const answer = terminal.interactive ? await terminal.askSecret('Client secret (not shown): ') : '';
  if (answer !== '') return answer;
  throw new CommandFailure('missing_value', 'Give --client-secret-file, or set MONZO_CLIENT_SECRET.');
}

function secretIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    throw new CommandFailure(
      'unreadable_file',
      `${path} cannot be read; correct the path or its permissions.`,
    );
  }
}
