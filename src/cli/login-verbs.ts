import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { listOf } from '../contract/elements.ts';
import { authorisationSchema, loginSchema, type LoginItem } from '../contract/login-data.ts';
import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { pathOf } from './api-client.ts';
import { loginNamed } from './household.ts';
import { show, type Run, type CliSession } from './cli-session.ts';
import { checkLine, printable, table, prose, type Shown } from './layout.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const secretFileHelp =
  'file with the client secret, - for standard input (default: MONZO_CLIENT_SECRET, else a prompt)';

type Started = z.output<typeof authorisationSchema>;

const between = 1_000;

interface AddOptions {
  readonly name?: string;
  readonly clientId?: string;
  readonly clientSecretFile?: string;
  readonly redirectUri?: string;
  readonly wait: boolean;
}

/** `monzo-bridge login …`: connecting people and looking after their logins. */
export function addLoginVerbs(program: Command, run: Run): void {
  const login = program.command('login').description('connect people and look after their logins');
  login
    .command('add')
    .description('connect a person: asks for missing values, then guides through the sign-in')
    .option('--name <name>', 'name of the person')
    .option('--client-id <id>', 'client id of the OAuth client, from developers.monzo.com')
    .option('--client-secret-file <path>', secretFileHelp)
    .option('--redirect-uri <address>', 'redirect URL registered with the client, when not the suggested one')
    .option('--no-wait', 'do not wait until the login is connected')
    .addHelpText('after', exampleText('login add', '--name Sam --client-id oauth2client_0000ABC'))
    .action((given: AddOptions) => run((session) => add(session, given)));
  login
    .command('list')
    .description('show every login')
    .addHelpText('after', exampleText('login list'))
    .action(() => run(list));
  login
    .command('reload <login>')
    .description('try again with what is stored')
    .addHelpText('after', exampleText('login reload', 'Alex'))
    .action((login: string) => run((session) => reload(session, login)));
  login
    .command('reauthorize <login>')
    .description('sign in again')
    .option('--no-wait', 'do not wait until the login is connected')
    .addHelpText('after', exampleText('login reauthorize', 'Alex'))
    .action((login: string, { wait }: { wait: boolean }) =>
      run((session) => reauthorize(session, login, wait)),
    );
  login
    .command('renewed <login>')
    .description('tell the bridge that the approval was renewed in the Monzo app; Monzo does not')
    .addHelpText('after', exampleText('login renewed', 'Alex'))
    .action((login: string) => run((session) => renewed(session, login)));
  addChangingVerbs(login, run);
}

function addChangingVerbs(login: Command, run: Run): void {
  login
    .command('callback <login> <address>')
    .description('finish a sign-in with the address that the browser ended on')
    .addHelpText('after', exampleText('login callback', 'Alex "https://example.org/?code=…&state=…"'))
    .action((login: string, url: string) =>
      run(async (session) => {
        const { id } = await loginNamed(session.client, login);
        const body = { url };
        showLogin(
          session,
          await session.client.text({ method: 'POST', path: pathOf(id, '/callback'), body }),
        );
      }),
    );
  login
    .command('rename <login> <name>')
    .description('give a login another name')
    .addHelpText('after', exampleText('login rename', 'Alex Alexandra'))
    .action((login: string, name: string) =>
      run(async (session) => {
        const { id } = await loginNamed(session.client, login);
        showLogin(session, await session.client.text({ method: 'PATCH', path: pathOf(id), body: { name } }));
      }),
    );
  login
    .command('secret <login>')
    .description('replace the client secret and try the login again')
    .option('--client-secret-file <path>', secretFileHelp)
    .addHelpText('after', exampleText('login secret', 'Alex --client-secret-file secret.txt'))
    .action((login: string, { clientSecretFile }: { readonly clientSecretFile?: string }) =>
      run((session) => replaceSecret(session, login, clientSecretFile)),
    );
  login
    .command('remove <login>')
    .description('remove a login, its tokens and, unless kept, its history')
    .option('--keep-history', 'keep the transactions that only this login could see')
    .option('--yes', 'do not ask')
    .addHelpText('after', exampleText('login remove', 'Alex --keep-history'))
    .action((login: string, given: RemoveOptions) => run((session) => remove(session, login, given)));
}

interface RemoveOptions {
  readonly keepHistory?: boolean;
  readonly yes?: boolean;
}

async function add(session: CliSession, given: AddOptions): Promise<void> {
  const { client, terminal } = session;
  const body = {
    name: given.name ?? (await askFor(session, 'Name of the person: ', '--name')),
    client_id: given.clientId ?? (await askFor(session, 'Client id: ', '--client-id')),
    client_secret: await clientSecret(session, given.clientSecretFile),
    ...(given.redirectUri === undefined ? {} : { redirect_uri: given.redirectUri }),
  };
  const text = await client.text({ method: 'POST', path: '/api/logins', body });
  if (session.asJson) terminal.say(text);
  const started = authorisationSchema.parse(JSON.parse(text));
  explain(session, started);
  if (given.wait) await untilActive(session, await loginNamed(client, started.id));
}

async function list(session: CliSession): Promise<void> {
  const text = await session.client.text({ path: '/api/logins' });
  show(session, text, () => loginTable(listOf(loginSchema).parse(JSON.parse(text)).items));
}

async function reload(session: CliSession, idOrName: string): Promise<void> {
  const { id } = await loginNamed(session.client, idOrName);
  showLogin(session, await session.client.text({ method: 'POST', path: pathOf(id, '/reload') }));
}

async function renewed(session: CliSession, idOrName: string): Promise<void> {
  const { id } = await loginNamed(session.client, idOrName);
  showLogin(session, await session.client.text({ method: 'POST', path: pathOf(id, '/approval-renewed') }));
}

async function replaceSecret(session: CliSession, idOrName: string, file: string | undefined): Promise<void> {
  const { client } = session;
  const { id } = await loginNamed(client, idOrName);
  const body = { client_secret: await clientSecret(session, file) };
  await client.text({ method: 'PATCH', path: pathOf(id), body });
  showLogin(session, await client.text({ method: 'POST', path: pathOf(id, '/reload') }));
}

async function reauthorize(session: CliSession, idOrName: string, wait: boolean): Promise<void> {
  const { client, terminal } = session;
  const before = await loginNamed(client, idOrName);
  const text = await client.text({ method: 'POST', path: pathOf(before.id, '/reauthorize') });
  if (session.asJson) terminal.say(text);
  explain(session, authorisationSchema.parse(JSON.parse(text)));
  if (wait) await untilActive(session, before);
}

async function remove(session: CliSession, idOrName: string, given: RemoveOptions): Promise<void> {
  const { client, terminal } = session;
  const login = await loginNamed(client, idOrName);
  if (given.yes !== true) await confirmRemoval(session, login, given.keepHistory === true);
  const query = { keep_history: String(given.keepHistory === true) };
  await client.text({ method: 'DELETE', path: pathOf(login.id), query });
  terminal.say(
    session.asJson ? JSON.stringify({ removed: login.id }) : `${printable(login.name)} was removed.`,
  );
}

async function confirmRemoval({ terminal }: CliSession, { name }: LoginItem, keeps: boolean): Promise<void> {
  if (!terminal.interactive)
    throw new CommandFailure('not_confirmed', 'Add --yes to remove without being asked.');
  const what = keeps ? 'its tokens (history is kept)' : 'its tokens and its history';
  const answer = await terminal.ask(`Remove the login ${printable(name)}, ${what}? Type yes: `);
  if (answer.toLowerCase() !== 'yes') throw new CommandFailure('not_confirmed', 'Nothing was removed.');
}

function showLogin(session: CliSession, text: string): void {
  show(session, text, () => {
    const { name, state, needs } = loginSchema.parse(JSON.parse(text));
    return checkLine(state, name, needs ?? '');
  });
}

function loginTable(logins: readonly LoginItem[]): Shown {
  if (logins.length === 0) return 'No one is connected yet. Connect a person with: monzo-bridge login add';
  return table(
    ['ID', prose('NAME'), 'STATE', prose('NEEDS')],
    logins.map(({ id, name, state, needs }) => [id, name, state, needs ?? '']),
  );
}

/** Asks a person. Throws `missing_value` where there is no terminal. */
async function askFor({ terminal }: CliSession, question: string, option: string): Promise<string> {
  const answer = terminal.interactive ? await terminal.ask(question) : '';
  if (answer !== '') return answer;
  throw new CommandFailure('missing_value', `Give ${option}.`);
}

/** Never an argument: every user of the machine can see those. Throws `missing_value`, `unreadable_file`. */
async function clientSecret(session: CliSession, file: string | undefined): Promise<string> {
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

/** Tells the person what to do at Monzo. */
function explain(session: CliSession, started: Started): void {
  const say = sayer(session);
  say('Register exactly this redirect URL with the OAuth client on developers.monzo.com:');
  say(`  ${printable(started.redirect_uri)}`);
  say('Then open this address in a browser and sign in:');
  say(`  ${printable(started.authorize_url)}`);
}

/**
 * Waits until the login is connected, and prints each new sentence once. Throws `cancelled` when told to stop; the sign-in
 * can still be finished then.
 */
async function untilActive(session: CliSession, before: LoginItem): Promise<LoginItem> {
  const { terminal, client, options } = session;
  const say = sayer(session);
  const isDone = doneAfter(before);
  const said = new Set<string>();
  if (terminal.interactive)
    say('Waiting. If the browser ends on another page, paste its address here and press Enter.');
  const stop = terminal.onLine((line) => void handBack(session, before.id, line));
  try {
    let login = before;
    while (!isDone(login)) {
      const sentence = printable(login.needs ?? `The login is ${login.state.replaceAll('_', ' ')}.`);
      if (!said.has(sentence)) say(sentence);
      said.add(sentence);
      await options.clock.wait(between, options.signal);
      login = await loginNamed(client, before.id);
    }
    say(`${printable(login.name)} is connected.`);
    return login;
  } catch (thrown) {
    if (options.signal?.aborted !== true) throw thrown;
    throw new CommandFailure('cancelled', 'Stopped waiting; the sign-in can still be finished.');
  } finally {
    stop();
  }
}

/** A login that is signed in again may stay active all the time: then a new approval shows that it is done. */
function doneAfter(before: LoginItem): (login: LoginItem) => boolean {
  let left = before.state !== 'active';
  return (login) => {
    if (login.state !== 'active') left = true;
    return login.state === 'active' && (left || login.consent.approved_at !== before.consent.approved_at);
  };
}

async function handBack({ client, terminal }: CliSession, id: string, line: string): Promise<void> {
  if (line.trim() === '') return;
  try {
    await client.text({ method: 'POST', path: pathOf(id, '/callback'), body: { url: line.trim() } });
  } catch (thrown) {
    terminal.warn(printable(messageOf(thrown)));
  }
}

/** Programs read the result on standard output, so lines for a person go to standard error then. */
function sayer({ asJson, terminal }: CliSession): (line: string) => void {
  return (line) => (asJson ? terminal.warn(line) : terminal.say(line));
}
