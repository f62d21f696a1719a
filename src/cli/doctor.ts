import { accessSync, constants, statSync } from 'node:fs';
import type { HealthState, PartHealth } from '../domain/view.ts';
import { messageOf } from '../errors.ts';
import { exposuresOf } from '../store/permissions.ts';
import { remedies } from '../logins/trouble.ts';
import { addressTestSchema } from '../contract/bank-data.ts';
import { healthSchema } from '../contract/bridge-data.ts';
import type { LoginItem } from '../contract/login-data.ts';
import { allLogins, type Client } from './api-client.ts';
import { adminTokenOf, type Place, type CliSession } from './cli-session.ts';
import { checkLine, CommandFailure } from './terminal.ts';

/** Checks everything in the order in which it can fail, and stops where later checks would only repeat the cause. */
export async function examine(session: CliSession): Promise<readonly PartHealth[]> {
  const settings = attempt('settings', 'All settings are usable.', () => void session.place());
  if (settings.state !== 'ok') return [settings];
  const place = session.place();
  const directory = checkDirectory(place);
  const token = attempt('admin token', 'It is there.', () => void adminTokenOf(place));
  const local = [settings, directory, token];
  return token.state === 'ok'
    ? [...local, ...(await examineRunning(session))]
    : [...local, await answering(session)];
}

/** Prints one line for each check. True if all are well. */
export function report(session: CliSession, checks: readonly PartHealth[]): boolean {
  const lines = checks.map(({ state, part, sentence }) => checkLine(state, part, sentence ?? ''));
  session.terminal.say(session.asJson ? JSON.stringify({ checks }) : lines.join('\n'));
  return checks.every(({ state }) => state === 'ok');
}

async function examineRunning({ client, place }: CliSession): Promise<readonly PartHealth[]> {
  try {
    const health = await client.json(healthSchema, { path: '/api/health' });
    const logins = await allLogins(client);
    const process = ok('process', `Version ${health.version} answers at ${place().url}.`);
    const parts = health.parts.filter(({ part }) => !part.startsWith('login '));
    const people = logins.map(checkLogin);
    const address = await checkAddress(client);
    const noLogins: PartHealth = {
      part: 'logins',
      state: 'needs_user',
      sentence:
        'No one is connected yet. Connect a person on the page (monzo-bridge link), or with: monzo-bridge login add',
    };
    return [process, ...parts, ...address, ...(people.length === 0 ? [noLogins] : people)];
  } catch (thrown) {
    return [failed('process', thrown)];
  }
}

/** Nothing where there is no address to test, or where it was tested a moment ago. */
async function checkAddress(client: Client): Promise<readonly PartHealth[]> {
  const call = { method: 'POST', path: '/api/webhooks/test' } as const;
  const tested = await client.json(addressTestSchema, call).catch(() => null);
  if (tested === null || tested.outcome === 'no_address' || tested.outcome === 'no_account') return [];
  const isReached = tested.outcome === 'reached' || tested.outcome === 'reached_inside';
  const state = isReached ? 'ok' : 'degraded';
  return [{ part: 'webhook address', state, sentence: tested.sentence }];
}

function checkLogin(login: LoginItem): PartHealth {
  const { name, state, needs } = login;
  const verdict: HealthState = state !== 'active' ? 'needs_user' : needs === null ? 'ok' : 'degraded';
  const sentence = needs ?? `It is ${state.replaceAll('_', ' ')}.`;
  return {
    part: `login ${name}`,
    state: verdict,
    sentence: [sentence, ...commandsOf(login)].join(' '),
  };
}

/** The commands that help; with the id where a name would need quoting. */
function commandsOf({ id, name, remedy }: LoginItem): readonly string[] {
  const { verbs = [] } = remedy === null ? {} : remedies[remedy];
  const called = /^[\p{L}\p{N}_]+$/u.test(name) ? name : id;
  const commands = verbs.map((verb) => `monzo-bridge login ${verb} ${called}`);
  return commands.length === 0 ? [] : [`On the command line: ${commands.join(', then ')}`];
}

/** Without a token the only thing to check is whether the bridge answers. */
async function answering({ options, place }: CliSession): Promise<PartHealth> {
  const { url } = place();
  try {
    const { status } = await options.fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
    return status === 200
      ? ok('process', `The bridge answers at ${url}.`)
      : failed('process', new CommandFailure('unexpected_answer', `${url} answers with status ${status}.`));
  } catch {
    const sentence = `No bridge answers at ${url}. Start it with: monzo-bridge start`;
    return failed('process', new CommandFailure('not_running', sentence));
  }
}

function checkDirectory({ dataDirectory }: Place): PartHealth {
  const part = 'data directory';
  const found = statSync(dataDirectory, { throwIfNoEntry: false });
  if (!found) return down(part, `${dataDirectory} does not exist yet; the first start creates it.`);
  if (!found.isDirectory())
    return down(part, `${dataDirectory} is not a directory; set MONZO_BRIDGE_DATA_DIR.`);
  try {
    accessSync(dataDirectory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return down(part, `${dataDirectory} cannot be written; run this as the user who runs the bridge.`);
  }
  const [exposed] = exposuresOf(dataDirectory);
  return exposed ? { part, state: 'degraded', sentence: exposed.sentence } : ok(part, dataDirectory);
}

function attempt(part: string, sentence: string, act: () => void): PartHealth {
  try {
    act();
    return ok(part, sentence);
  } catch (thrown) {
    return failed(part, thrown);
  }
}

function ok(part: string, sentence: string): PartHealth {
  return { part, state: 'ok', sentence };
}

function down(part: string, sentence: string): PartHealth {
  return { part, state: 'down', sentence };
}

function failed(part: string, thrown: unknown): PartHealth {
  return down(part, messageOf(thrown));
}
