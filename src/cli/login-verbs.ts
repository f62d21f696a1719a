import type { Command } from 'commander';
import { listOf } from '../contract/elements.ts';
import { authorisationSchema, loginSchema, type LoginItem } from '../contract/login-data.ts';
import { asked, clientSecret, secretFileHelp } from './client-secret.ts';
import { CommandFailure } from './failure.ts';
import { loginNamed, pathOf } from './logins.ts';
import { checkLine, loginTable } from './render.ts';
import { show, type Session } from './session.ts';
import { explain, untilActive } from './sign-in.ts';
import { printable } from './terminal.ts';

type Run = (act: (session: Session) => Promise<void>) => Promise<void>;

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
    .description('connect a person: asks for what is missing, then guides through the sign-in')
    .option('--name <name>', 'what the person is called')
    .option('--client-id <id>', 'client id of the OAuth client, from developers.monzo.com')
    .option('--client-secret-file <path>', secretFileHelp)
    .option('--redirect-uri <address>', 'redirect URL registered with the client, when not the suggested one')
    .option('--no-wait', 'do not wait until the login is connected')
    .action((given: AddOptions) => run((session) => add(session, given)));
  login
    .command('list')
    .description('show every login')
    .action(() => run(list));
  login
    .command('reload <login>')
    .description('try again with what is stored')
    .action((login: string) => run((session) => reload(session, login)));
  login
    .command('reauthorize <login>')
    .description('sign in again')
    .option('--no-wait', 'do not wait until the login is connected')
    .action((login: string, { wait }: { wait: boolean }) =>
      run((session) => reauthorize(session, login, wait)),
    );
  login
    .command('renewed <login>')
    .description('say that the approval was renewed in the Monzo app, which Monzo itself does not tell')
    .action((login: string) => run((session) => renewed(session, login)));
  addChangingVerbs(login, run);
}

function addChangingVerbs(login: Command, run: Run): void {
  login
    .command('callback <login> <address>')
    .description('finish a sign-in with the address the browser ended on')
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
    .action((login: string, name: string) =>
      run(async (session) => {
        const { id } = await loginNamed(session.client, login);
        showLogin(session, await session.client.text({ method: 'PATCH', path: pathOf(id), body: { name } }));
      }),
    );
  login
    .command('secret <login>')
    .description('replace the client secret, and try again what was refused for the old one')
    .option('--client-secret-file <path>', secretFileHelp)
    .action((login: string, { clientSecretFile }: { readonly clientSecretFile?: string }) =>
      run((session) => replaceSecret(session, login, clientSecretFile)),
    );
  login
    .command('remove <login>')
    .description('remove a login, its tokens and, unless kept, its history')
    .option('--keep-history', 'keep the transactions that only this login could see')
    .option('--yes', 'do not ask')
    .action((login: string, given: RemoveOptions) => run((session) => remove(session, login, given)));
}

interface RemoveOptions {
  readonly keepHistory?: boolean;
  readonly yes?: boolean;
}

async function add(session: Session, given: AddOptions): Promise<void> {
  const { client, terminal } = session;
  const body = {
    name: given.name ?? (await asked(session, 'Name of the person: ', '--name')),
    client_id: given.clientId ?? (await asked(session, 'Client id: ', '--client-id')),
    client_secret: await clientSecret(session, given.clientSecretFile),
    ...(given.redirectUri === undefined ? {} : { redirect_uri: given.redirectUri }),
  };
  const text = await client.text({ method: 'POST', path: '/api/logins', body });
  if (session.asJson) terminal.say(text);
  const started = authorisationSchema.parse(JSON.parse(text));
  explain(session, started);
  if (given.wait) await untilActive(session, await loginNamed(client, started.id));
}

async function list(session: Session): Promise<void> {
  const text = await session.client.text({ path: '/api/logins' });
  show(session, text, () => loginTable(listOf(loginSchema).parse(JSON.parse(text)).items));
}

async function reload(session: Session, idOrName: string): Promise<void> {
  const { id } = await loginNamed(session.client, idOrName);
  showLogin(session, await session.client.text({ method: 'POST', path: pathOf(id, '/reload') }));
}

async function renewed(session: Session, idOrName: string): Promise<void> {
  const { id } = await loginNamed(session.client, idOrName);
  showLogin(session, await session.client.text({ method: 'POST', path: pathOf(id, '/approval-renewed') }));
}

async function replaceSecret(session: Session, idOrName: string, file: string | undefined): Promise<void> {
  const { client } = session;
  const { id } = await loginNamed(client, idOrName);
  const body = { client_secret: await clientSecret(session, file) };
  await client.text({ method: 'PATCH', path: pathOf(id), body });
  showLogin(session, await client.text({ method: 'POST', path: pathOf(id, '/reload') }));
}

async function reauthorize(session: Session, idOrName: string, wait: boolean): Promise<void> {
  const { client, terminal } = session;
  const before = await loginNamed(client, idOrName);
  const text = await client.text({ method: 'POST', path: pathOf(before.id, '/reauthorize') });
  if (session.asJson) terminal.say(text);
  explain(session, authorisationSchema.parse(JSON.parse(text)));
  if (wait) await untilActive(session, before);
}

async function remove(session: Session, idOrName: string, given: RemoveOptions): Promise<void> {
  const { client, terminal } = session;
  const login = await loginNamed(client, idOrName);
  if (given.yes !== true) await confirmRemoval(session, login, given.keepHistory === true);
  const query = { keep_history: String(given.keepHistory === true) };
  await client.text({ method: 'DELETE', path: pathOf(login.id), query });
  terminal.say(
    session.asJson ? JSON.stringify({ removed: login.id }) : `${printable(login.name)} was removed.`,
  );
}

async function confirmRemoval({ terminal }: Session, { name }: LoginItem, keeps: boolean): Promise<void> {
  if (!terminal.interactive)
    throw new CommandFailure('not_confirmed', 'Add --yes to remove without being asked.');
  const what = keeps ? 'its tokens (history is kept)' : 'its tokens and its history';
  const answer = await terminal.ask(`Remove the login ${printable(name)}, ${what}? Type yes: `);
  if (answer.toLowerCase() !== 'yes') throw new CommandFailure('not_confirmed', 'Nothing was removed.');
}

function showLogin(session: Session, text: string): void {
  show(session, text, () => {
    const { name, state, needs } = loginSchema.parse(JSON.parse(text));
    return checkLine(state, name, needs ?? '');
  });
}
