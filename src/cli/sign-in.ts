import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import type { LoginItem, authorisationSchema } from '../contract/login-data.ts';
import { CommandFailure } from './failure.ts';
import { loginNamed, pathOf } from './logins.ts';
import type { Session } from './session.ts';
import { printable } from './terminal.ts';

type Started = z.output<typeof authorisationSchema>;

const between = 1_000;

/** Says what the person has to do at Monzo. */
export function explain(session: Session, started: Started): void {
  const say = sayer(session);
  say('Register exactly this redirect URL with the OAuth client on developers.monzo.com:');
  say(`  ${printable(started.redirect_uri)}`);
  say('Then open this address in a browser and sign in:');
  say(`  ${printable(started.authorize_url)}`);
}

/**
 * Stays until the login is connected, and says each new sentence once. Throws `cancelled` when told to stop; the
 * sign-in itself goes on without us.
 */
export async function untilActive(session: Session, before: LoginItem): Promise<LoginItem> {
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

/** A login that is being signed in again may be active all the while: then a new approval tells the end. */
function doneAfter(before: LoginItem): (login: LoginItem) => boolean {
  let left = before.state !== 'active';
  return (login) => {
    if (login.state !== 'active') left = true;
    return login.state === 'active' && (left || login.consent.approved_at !== before.consent.approved_at);
  };
}

async function handBack({ client, terminal }: Session, id: string, line: string): Promise<void> {
  if (line.trim() === '') return;
  try {
    await client.text({ method: 'POST', path: pathOf(id, '/callback'), body: { url: line.trim() } });
  } catch (thrown) {
    terminal.warn(printable(messageOf(thrown)));
  }
}

/** Programs read the result on standard output, so what is meant for a person goes beside it. */
function sayer({ asJson, terminal }: Session): (line: string) => void {
  return (line) => (asJson ? terminal.warn(line) : terminal.say(line));
}
