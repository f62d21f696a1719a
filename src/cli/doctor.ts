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
import { listeningTrouble, webAddress } from '../http/server.ts';
import { examineDirectory } from '../store/examination.ts';
import type { CliSession, Place } from './cli-session.ts';
import { askBridge, siteOf, tokenIsThere, type Site } from './doctor-process.ts';
import { stoppedChecks } from './doctor-stopped.ts';
import { checkLine } from './layout.ts';

/** Looks at everything in the order in which it can fail: through the running bridge, else from here. */
export async function examine(session: CliSession): Promise<readonly Check[]> {
  const settings = findingOf('All settings are usable.', () => trust(session.place().config.CA_CERTIFICATES));
  const first = [checkOf('settings', settings)];
  if (settings.state !== 'ok') return complete(first, 'Not looked at: correct the settings first.');
  const place = session.place();
  const directory = examineDirectory(place.dataDirectory);
  const asked = await askBridge(session, directory);
  if ('checks' in asked) return merged([...first, checkOf('admin_token', tokenIsThere)], asked.checks);
  const { token, goneFor } = asked;
  const local = [...first, checkOf('data_directory', directory), checkOf('admin_token', token)];
  const looked = merged(local, await stoppedChecks(session.options, place, directory));
  const why = goneFor === null ? null : await whyGone(place, siteOf(place, directory), looked);
  const process =
    why === null ? asked.process : { ...asked.process, sentence: `${asked.process.sentence} ${why}` };
  return merged([checkOf('process', process)], looked);
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

/** Who has the data directory all the same, or what keeps the bridge from starting; null where it is not the one of here. */
async function whyGone(
  { config, url }: Place,
  { directory, holder }: Site,
  looked: readonly Check[],
): Promise<string | null> {
  if (url !== webAddress(config.UI_HOST, config.UI_PORT)) return null;
  if (holder !== null)
    return `But ${holder} is using ${directory}: it is still starting, waits for what its log names, or listens elsewhere (MONZO_BRIDGE_UI_HOST, MONZO_BRIDGE_UI_PORT).`;
  if (looked.some(({ check, state }) => startNeeds.has(check) && state === 'down'))
    return 'It cannot start before what is named above is put right; one that waits for that goes on by itself.';
  const doors = [
    { host: config.PUBLIC_HOST, port: config.PUBLIC_PORT, variable: 'MONZO_BRIDGE_PUBLIC' },
    { host: config.UI_HOST, port: config.UI_PORT, variable: 'MONZO_BRIDGE_UI' },
  ] as const;
  for (const door of doors) {
    const trouble = await listeningTrouble(door);
    if (trouble !== null) return `It could not start: ${trouble}`;
  }
  return 'Start it with: monzo-bridge start';
}

const startNeeds: ReadonlySet<CheckName> = new Set([
  'data_directory',
  'admin_token',
  'database',
  'secret_key',
]);

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
