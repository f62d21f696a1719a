import type { Command } from 'commander';
import { loginNamed } from './logins.ts';
import { show, type Session } from './session.ts';

type Run = (act: (session: Session) => Promise<void>) => Promise<void>;
type Body = Readonly<Record<string, unknown>>;

/** The commands of the table that a person types: thin covers, so that every door does the same. */
export function addCommandVerbs(program: Command, run: Run): void {
  program
    .command('refresh [login]')
    .description('read accounts, balances, pots and new transactions at once')
    .action((login?: string) =>
      run(async (session) => {
        const body = login === undefined ? {} : { login: (await loginNamed(session.client, login)).id };
        await command(session, 'refresh', body);
      }),
    );
  const webhook = program.command('webhook').description('let Monzo ring for accounts, or stop that');
  for (const what of ['register', 'unregister'] as const)
    webhook
      .command(`${what} [account]`)
      .description(`${what} the webhook of an account (id or name), or of all of them`)
      .action((account?: string) =>
        run((session) => command(session, `${what}_webhook`, account === undefined ? {} : { account })),
      );
  for (const [name, description] of [
    ['pause', 'stop every money move until it is resumed'],
    ['resume', 'let money move again'],
  ] as const)
    program
      .command(name)
      .description(description)
      .action(() => run((session) => command(session, name, {})));
}

async function command(session: Session, name: string, body: Body): Promise<void> {
  show(session, await askCommand(session, name, body), () => 'Done.');
}

/** Runs a command of the table; the answer's JSON text, to the letter. */
export function askCommand({ client }: Session, name: string, body: Body): Promise<string> {
  return client.text({ method: 'POST', path: `/api/commands/${name}`, body });
}
