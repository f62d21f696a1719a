import { checksSchema, healthSchema, verdictSchema } from '../contract/bridge-data.ts';
import { problemSchema } from '../contract/elements.ts';
import type { Check, Finding } from '../domain/check.ts';
import { versionOfPackage } from '../environment.ts';
import { messageOf } from '../errors.ts';
import { webAddress } from '../http/server.ts';
import { holderOf } from '../store/directory.ts';
import { parsedJson, reasonOf, unconnected } from './api-client.ts';
import { adminTokenOf, type CliSession, type Place } from './cli-session.ts';
import { CommandFailure } from './terminal.ts';

/** Whether the bridge of these settings answers, who does in its place, and what the bridge found. */

export interface Unasked {
  readonly token: Finding;
  readonly process: Finding;
  /** Nothing listens at the address, for this reason; null where something does. */
  readonly goneFor: string | null;
}

/** What the running bridge has found, or why it cannot be asked. `directory` is what was found of the data directory. */
export async function askBridge(
  session: CliSession,
  directory: Finding,
): Promise<{ readonly checks: readonly Check[] } | Unasked> {
  const place = session.place();
  const listener = await listenerAt(session.options.fetch, place.url);
  const token = tokenFinding(place, directory, listener.is === 'bridge');
  const site = siteOf(place, directory);
  if (listener.is !== 'bridge')
    return {
      token,
      process: { state: 'down', sentence: instead[listener.is](site, listener.facts) },
      goneFor: listener.is === 'gone' ? listener.facts : null,
    };
  const answers: Finding = { state: 'ok', sentence: `The bridge answers at ${place.url}.` };
  if (token.state !== 'ok') return { token, process: answers, goneFor: null };
  try {
    const { version, checks } = await session.client.json(checksSchema, {
      method: 'POST',
      path: '/api/checks',
    });
    return {
      checks: checks.map((check) => (check.check === 'process' ? running(check, version, site) : check)),
    };
  } catch (thrown) {
    if (!(thrown instanceof CommandFailure)) throw thrown;
    return { goneFor: null, token, process: answers, ...(await refusedBy(session, thrown, site)) };
  }
}

/** Where the bridge is looked for, and who has its data directory. */
export interface Site {
  readonly url: string;
  readonly directory: string;
  /** Who works in the directory, in words; null where nobody does, or it cannot be told. */
  readonly holder: string | null;
  /** Whether it is known that nobody works in it, and its bridge would listen at the address. */
  readonly isFree: boolean;
}

export function siteOf({ url, config, dataDirectory }: Place, directory: Finding): Site {
  const isOwn = url === webAddress(config.UI_HOST, config.UI_PORT);
  const holder = isOwn ? holderOf(dataDirectory) : null;
  const isSeen = directory.state === 'ok' || directory.state === 'degraded';
  return { url, directory: dataDirectory, holder, isFree: isOwn && holder === null && isSeen };
}

type Instead = 'gone' | 'silent' | 'cut' | 'stranger';
type Listener = { readonly is: 'bridge' } | { readonly is: Instead; readonly facts: string };

const patience = 10_000;

/** More than the bridge says there, in bytes. */
const longestAnswer = 64 * 1_024;

/** Who answers at an address. Sends no token: it may be anybody. */
async function listenerAt(fetch: typeof globalThis.fetch, url: string): Promise<Listener> {
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(`${url}/healthz`, { redirect: 'manual', signal });
    const said = parsedJson(await beginningOf(response));
    const isBridge = verdictSchema.safeParse(said).success || problemSchema.safeParse(said).success;
    return isBridge ? { is: 'bridge' } : { is: 'stranger', facts: `status ${response.status}` };
  } catch (thrown) {
    if (thrown instanceof Error && thrown.name === 'TimeoutError') return { is: 'silent', facts: '' };
    const facts = reasonOf(thrown);
    return { is: unconnected.has(facts) ? 'gone' : 'cut', facts };
  }
}

async function beginningOf({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > longestAnswer) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

const otherProgram =
  'Stop that program, or set MONZO_BRIDGE_UI_PORT to a free port; then start the bridge with: monzo-bridge start';

/** What listens in place of the bridge, and what to do. */
const instead: Readonly<Record<Instead, (site: Site, facts: string) => string>> = {
  gone: ({ url }, reason) => `No bridge answers at ${url} (${reason}).`,
  silent: ({ url, directory, holder, isFree }) => {
    const happened = `Something listens at ${url} and does not answer within ten seconds.`;
    if (isFree)
      return `${happened} It is not the bridge of ${directory}, which does not run. ${otherProgram}`;
    return holder === null
      ? `${happened} If it is the bridge, see its log and restart it; if not, check the address.`
      : `${happened} If it is ${holder}, which is using ${directory}, see its log and restart it; if not, the bridge listens elsewhere (MONZO_BRIDGE_UI_HOST, MONZO_BRIDGE_UI_PORT).`;
  },
  cut: (site, reason) => {
    const happened = `What listens at ${site.url} broke off before it answered (${reason}).`;
    return site.holder === null
      ? `${happened} ${elsewhere(site)}`
      : `${happened} ${site.holder} is using ${site.directory} and may be starting or stopping: look again in a moment. If nothing changes, another program has that port (MONZO_BRIDGE_UI_PORT).`;
  },
  stranger: (site, facts) =>
    `Another program than the bridge answers at ${site.url} (${facts}). ${elsewhere(site)}`,
};

function elsewhere({ directory, holder, isFree }: Site): string {
  if (isFree) return otherProgram;
  return holder === null
    ? 'Check the address: MONZO_BRIDGE_UI_HOST and MONZO_BRIDGE_UI_PORT, or --url.'
    : `The bridge of ${directory} (${holder}) listens elsewhere: check MONZO_BRIDGE_UI_HOST and MONZO_BRIDGE_UI_PORT.`;
}

function tokenFinding(place: Place, directory: Finding, isAnswering: boolean): Finding {
  try {
    adminTokenOf(place);
    return tokenIsThere;
  } catch (thrown) {
    const isMissing = thrown instanceof CommandFailure;
    if (isMissing && directory.state === 'down') return unseen;
    if (!isMissing || isAnswering) return { state: 'down', sentence: messageOf(thrown) };
    return directory.state === 'unknown'
      ? unseen
      : { state: 'ok', sentence: 'There is none yet: the first start creates it.' };
  }
}

export const tokenIsThere: Finding = { state: 'ok', sentence: 'It is there.' };

const unseen: Finding = { state: 'unknown', sentence: 'Not looked at: the data directory comes first.' };

/** An update that was installed beside the running bridge is only used after a restart. */
function running(check: Check, version: string, { url, holder }: Site): Check {
  const sentence = `${check.sentence} It answers at ${url}.`;
  const own = versionOfPackage();
  if (version === own || holder === null) return { ...check, sentence };
  return { ...check, state: 'degraded', sentence: `${sentence} ${isOther(own)}` };
}

function isOther(own: string): string {
  return `This command is of version ${own}: restart the bridge, so that both are the same.`;
}

/** Why the bridge did not say what it found. */
async function refusedBy(
  { client }: CliSession,
  { code, message, details }: CommandFailure,
  site: Site,
): Promise<Partial<Unasked>> {
  const { url } = site;
  if (code === 'unauthorised') return strangeToken(site);
  if (code === 'not_running') {
    const reason = String(details['reason']);
    return { goneFor: reason, process: down(instead.gone(site, reason)) };
  }
  if (code !== 'not_found' && code !== 'unexpected_answer') return { process: down(message) };
  const asked = healthSchema.pick({ version: true });
  const version = await client.json(asked, { path: '/api/health' }).then(
    (health) => ` ${health.version}`,
    () => '',
  );
  const sentence = `The bridge at ${url} is of another version${version}, and cannot be asked. ${isOther(versionOfPackage())}`;
  return { process: down(sentence) };
}

function strangeToken({ url, directory, isFree }: Site): Partial<Unasked> {
  if (isFree)
    return {
      process: down(
        `A bridge answers at ${url}, but not that of ${directory}, which does not run. Set MONZO_BRIDGE_DATA_DIR to the directory of the one that runs, or start this one on another MONZO_BRIDGE_UI_PORT and MONZO_BRIDGE_PUBLIC_PORT.`,
      ),
    };
  const sentence = `The bridge at ${url} does not accept this token. If it was replaced, restart the bridge; if not, set MONZO_BRIDGE_ADMIN_TOKEN or MONZO_BRIDGE_DATA_DIR as they are for that bridge.`;
  return { token: down(sentence) };
}

function down(sentence: string): Finding {
  return { state: 'down', sentence };
}
