import { z } from 'zod';
import { coalesced, sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { isTransferEvent, type RecordedEvent } from '../../domain/event.ts';
import { approvalDue, type LoginView } from '../../domain/login.ts';
import { spanText } from '../../domain/time.ts';
import { instantText } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import { outage } from '../../limits.ts';
import { placeAt, type OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

export interface NoticesOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
}

export interface LoginNoticesOptions extends NoticesOptions {
  /** Where browsers reach the bridge's page; empty where that is unknown. */
  readonly pageUrl: () => string;
}

/** One persistent notification for each login that needs its owner's attention. */
export interface LoginNotices {
  /** Cheap. Brings Home Assistant's notifications in line with these logins now, or once it is connected. */
  show(logins: readonly LoginView[]): void;
}

interface Notice {
  readonly title: string;
  /** Markdown. */
  readonly message: string;
}

const prefix = 'monzo_bridge_';
/** Everything else belongs to other programs, or is another notice of the bridge. */
const loginNotice = new RegExp(`^${prefix}login_`);
/** Most people approve at once, with the page in front of them. */
const remindOfApprovalAfter = 120_000;
const longestName = 60;

const listSchema = z.array(
  z.object({
    notification_id: z.string(),
    title: z.string().nullable().catch(null),
    message: z.string().catch(''),
  }),
);

/** Creates, updates and dismisses the notifications as the state of the logins changes. */
export function createLoginNotices({ client, clock, log, pageUrl }: LoginNoticesOptions): LoginNotices {
  let logins: readonly LoginView[] | null = null;
  /** What Home Assistant shows of ours, by notification id; null while that is not known. */
  let shown: Map<string, string> | null = null;
  const waitingSince = new Map<string, number>();

  const sync = async (session: Session, current: readonly LoginView[]) => {
    shown ??= await readShown(session);
    const present = shown;
    const wanted = new Map(current.map((login) => [`${prefix}${login.id}`, noticeFor(login)]));
    for (const [id, notice] of wanted) {
      if (notice === 'undecided' || notice === null || present.get(id) === textOf(notice)) continue;
      await callService(session, 'create', { notification_id: id, ...notice });
      present.set(id, textOf(notice));
    }
    for (const id of [...present.keys()].filter((id) => (wanted.get(id) ?? null) === null)) {
      await callService(session, 'dismiss', { notification_id: id });
      present.delete(id);
    }
  };
  const noticeFor = (login: LoginView): Notice | 'undecided' | null => {
    const since = waitingSince.get(login.id) ?? clock.monotonic();
    if (login.state === 'awaiting_approval') waitingSince.set(login.id, since);
    else waitingSince.delete(login.id);
    // Also after a restart of the bridge: a notice that is there already stays.
    if (login.state === 'awaiting_approval' && clock.monotonic() - since < remindOfApprovalAfter)
      return 'undecided';
    const sentence = sentenceFor(login, clock.now());
    return sentence === null ? null : noticeOf(login, sentence, pageUrl());
  };
  const update = coalesced(async () => {
    const session = client.session();
    if (session === null || logins === null) return;
    try {
      await sync(session, logins);
    } catch (thrown) {
      shown = null;
      log.warn('Could not update a notification in Home Assistant', { reason: messageOf(thrown) });
    }
  });
  client.onSession(() => {
    shown = null;
    void update();
  });
  return {
    show: (newest) => {
      logins = newest;
      void update();
    },
  };
}

async function readShown(session: Session): Promise<Map<string, string>> {
  const list = listSchema.parse(await session.command({ type: 'persistent_notification/get' }));
  return new Map(
    list
      .filter(({ notification_id: id }) => loginNotice.test(id))
      .map(({ notification_id: id, title, message }) => [id, textOf({ title: title ?? '', message })]),
  );
}

function callService(
  session: Session,
  service: 'create' | 'dismiss',
  data: Readonly<Record<string, string>>,
): Promise<unknown> {
  const call = { type: 'call_service', domain: 'persistent_notification', service };
  return session.command({ ...call, service_data: data });
}

function textOf({ title, message }: Notice): string {
  return JSON.stringify([title, message]);
}

/** Names the person once: in the title, except where the sentence itself does. */
function noticeOf({ name, fault }: LoginView, sentence: string, page: string): Notice {
  const person = plainLine(plainLine(name).slice(0, longestName)) || 'a login';
  const own = sentence.startsWith(`${name}: `) ? upperFirst(sentence.slice(name.length + 2)) : sentence;
  // A link within Home Assistant has no scheme.
  const address = placeAt(page, '#/settings/people').replace(/^homeassistant:\//, '');
  const link = address === '' ? '' : `\n\n[Open the bridge’s page](${address})`;
  return {
    // Home Assistant shows titles as plain text.
    title: `Monzo bridge: ${fault === 'other_person' ? 'sign in again' : person}`,
    message: escapeMarkdown(own) + link,
  };
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What the owner of the login has to do; null where there is nothing to do. */
function sentenceFor(login: LoginView, now: number): string | null {
  const { state, needs } = login;
  if (state === 'needs_approval' || state === 'awaiting_approval')
    return needs ?? 'Open the Monzo app and approve the access of the bridge.';
  if (state === 'needs_authorisation')
    return needs ?? 'Choose “Sign in again” for this login on the bridge’s page.';
  const due = approvalDue(login, now);
  if (due === null) return null;
  const day = instantText(due).slice(0, 10);
  return `The approval lapses about ${day}; after that the bridge reads nothing until you approve again. To renew it early, open the Monzo app, renew the bridge’s access under Settings, Privacy & Security, Manage Apps, and then choose “I renewed it” on the bridge’s page.`;
}

export interface OutageSummaryOptions extends NoticesOptions {
  /** An event that arrives this many milliseconds after its transaction was delayed by an outage. */
  readonly outageAfter: number;
}

export interface OutageSummary {
  /** An event has reached Home Assistant. */
  note(event: RecordedEvent): void;
  close(): void;
}

/** Shows one notification after an outage, for all the transactions that were delayed by it. */
export function createOutageSummary(options: OutageSummaryOptions): OutageSummary {
  const { client, clock, log, outageAfter } = options;
  const closing = new AbortController();
  const late = new Set<string>();
  let longest = 0;
  let quiet = new AbortController();

  const show = async () => {
    const message = summaryOf(late.size, longest);
    late.clear();
    longest = 0;
    const session = client.session();
    if (session === null) return;
    const title = 'Monzo bridge: back after an outage';
    await callService(session, 'create', { notification_id: `${prefix}recovered`, title, message });
  };
  const showWhenQuiet = async () => {
    quiet.abort();
    quiet = new AbortController();
    const interrupted = AbortSignal.any([quiet.signal, closing.signal]);
    if (await sleep(clock, outage.quiet, interrupted)) await show();
  };
  return {
    note: (event) => {
      if (isTransferEvent(event) || event.type !== 'transaction.created') return;
      const age = clock.now() - event.transaction.created;
      if (age < outageAfter) return;
      late.add(event.id);
      longest = Math.max(longest, age);
      showWhenQuiet().catch((thrown: unknown) =>
        log.warn('Could not show the summary after an outage in Home Assistant', {
          reason: messageOf(thrown),
        }),
      );
    },
    close: () => closing.abort(),
  };
}

function summaryOf(count: number, longest: number): string {
  const transactions = count === 1 ? '1 transaction' : `${count} transactions`;
  return `After an outage, **${transactions}** reached Home Assistant late. Automations have received each of them. The oldest is ${spanText(longest)} old.`;
}

/** Line ends, tabs, other control characters, and those that change the reading direction. */
const invisible = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
/** Characters that can begin markdown, HTML or an automatic link. */
const special = /[\\`*_{}[\]<>()#&|~!$@]|:(?=\/\/)|\.(?=\S)/g;
/** At the beginning of a text these make a list or a heading. */
const leading = /^(\d{0,9})([-+=.)])/;

/** The text on one line, without control characters. */
export function plainLine(text: string): string {
  return text.toWellFormed().replaceAll(invisible, ' ').replaceAll(/\s+/g, ' ').trim();
}

/** Markdown that shows the text exactly as it is, on one line. Escape once only. */
export function escapeMarkdown(text: string): string {
  return plainLine(text)
    .replaceAll(special, String.raw`\$&`)
    .replace(leading, String.raw`$1\$2`);
}
