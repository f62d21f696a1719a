import { existsSync } from 'node:fs';
import {
  checkNames,
  checkOf,
  inOrder,
  verdictOf,
  type Check,
  type CheckName,
  type Finding,
} from '../domain/check.ts';
import { trust } from '../environment.ts';
import { messageOf } from '../errors.ts';
import { checksSchema } from '../contract/bridge-data.ts';
import { listeningTrouble, webAddress } from '../http/server.ts';
import { holderOf } from '../store/directory.ts';
import { adminTokenOf, type CliSession, type Place } from './cli-session.ts';
import { stoppedChecks } from './doctor-stopped.ts';
import { checkLine, CommandFailure } from './terminal.ts';

/** Looks at everything in the order in which it can fail: through the running bridge, else from here. */
export async function examine(session: CliSession): Promise<readonly Check[]> {
  const settings = findingOf('All settings are usable.', () => trust(session.place().config.CA_CERTIFICATES));
  const first = [checkOf('settings', settings)];
  if (settings.state !== 'ok') return complete(first, 'Not looked at: correct the settings first.');
  const place = session.place();
  const token = findingOf('It is there.', () => void adminTokenOf(place));
  const local = [...first, checkOf('admin_token', token)];
  const answer = await askBridge(session, place);
  if ('checks' in answer) return merged(local, answer.checks);
  const stopped = await stoppedChecks(session.options, place);
  const process = answer.isGone ? down(await whyGone(place, answer.sentence, stopped)) : answer;
  return merged([...local, checkOf('process', process)], stopped);
}

/** Prints one line for each check. */
export function report(session: CliSession, checks: readonly Check[]): ReturnType<typeof verdictOf> {
  const lines = Map.groupBy(checks, (check) => (check.state === 'unknown' ? check.sentence : check));
  const text = [...lines.values()].map(lineOf).join('\n');
  session.terminal.say(session.asJson ? JSON.stringify({ checks }) : text);
  return verdictOf(checks);
}

/** Of one check, or of several that could not be looked at for the same reason. */
function lineOf(checks: readonly Check[]): string {
  const names = checks.map(({ check, about }) => [check.replaceAll('_', ' '), about ?? ''].join(' ').trim());
  const { state = 'unknown', sentence = '', commands = [] } = checks[0] ?? {};
  const help = commands.length === 0 ? '' : ` On the command line: ${commands.join(', then ')}`;
  return checkLine(state, names.join(', '), `${sentence}${help}`);
}

/** Why the running bridge cannot be asked; `isGone` where nothing answers. */
interface Unasked extends Finding {
  readonly isGone?: true;
}

/** What the running bridge has found, or why it cannot be asked. */
async function askBridge(
  { client, options }: CliSession,
  place: Place,
): Promise<{ readonly checks: readonly Check[] } | Unasked> {
  const { url } = place;
  try {
    const { checks } = await client.json(checksSchema, { method: 'POST', path: '/api/checks' });
    return {
      checks: checks.map((check) =>
        check.check === 'process' ? { ...check, sentence: `${check.sentence} It answers at ${url}.` } : check,
      ),
    };
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure)) throw thrown;
    const { code, message, details } = thrown;
    if (code === 'no_admin_token') return answering(options.fetch, url);
    if (code === 'not_running')
      return { ...down(`No bridge answers at ${url} (${String(details['reason'])}).`), isGone: true };
    const isOther = code === 'not_found';
    return down(
      isOther ? `The bridge at ${url} is of another version than this command. Restart it.` : message,
    );
  }
}

/** Without a token the only thing to see is whether the bridge answers. */
async function answering(fetch: typeof globalThis.fetch, url: string): Promise<Unasked> {
  try {
    const { status } = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(10_000) });
    return status === 200
      ? { state: 'ok', sentence: `The bridge answers at ${url}.` }
      : down(`Something answers at ${url} with status ${status}, which is not the bridge.`);
  } catch {
    return { ...down(`No bridge answers at ${url}.`), isGone: true };
  }
}

function down(sentence: string): Finding {
  return { state: 'down', sentence };
}

/** Who has the data directory all the same, or what keeps the bridge from starting. */
async function whyGone(place: Place, happened: string, stopped: readonly Check[]): Promise<string> {
  const { dataDirectory, config, url } = place;
  if (url !== webAddress(config.UI_HOST, config.UI_PORT)) return happened;
  const holder = holderOf(dataDirectory);
  if (holder !== null)
    return `${happened} But ${holder} is using ${dataDirectory}: it is still starting, waits for what its log names, or listens elsewhere (MONZO_BRIDGE_UI_HOST, MONZO_BRIDGE_UI_PORT).`;
  if (existsSync(dataDirectory) && stopped.some(({ check, state }) => stored.has(check) && state === 'down'))
    return `${happened} It cannot start before what is named above is put right; one that waits for that goes on by itself.`;
  const doors = [
    { host: config.PUBLIC_HOST, port: config.PUBLIC_PORT, variable: 'MONZO_BRIDGE_PUBLIC' },
    { host: config.UI_HOST, port: config.UI_PORT, variable: 'MONZO_BRIDGE_UI' },
  ] as const;
  for (const door of doors) {
    const trouble = await listeningTrouble(door);
    if (trouble !== null) return `${happened} It could not start: ${trouble}`;
  }
  return `${happened} Start it with: monzo-bridge start`;
}

const stored: ReadonlySet<CheckName> = new Set(['data_directory', 'database']);

/** The first of each name counts, except for those of which there are several. */
function merged(first: readonly Check[], others: readonly Check[]): readonly Check[] {
  const known = new Set(first.map(({ check }) => check));
  return inOrder([...first, ...others.filter(({ check }) => !known.has(check))]);
}

/** Programs get the whole list, whatever it begins with. */
function complete(first: readonly Check[], sentence: string): readonly Check[] {
  const isLeft = (name: CheckName) => first.every(({ check }) => check !== name);
  const left = checkNames.filter(isLeft).map((name) => checkOf(name, { state: 'unknown', sentence }));
  return [...first, ...left];
}

function findingOf(sentence: string, act: () => void): Finding {
  try {
    act();
    return { state: 'ok', sentence };
  } catch (thrown) {
    return { state: 'down', sentence: messageOf(thrown) };
  }
}
