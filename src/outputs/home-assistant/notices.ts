import { z } from 'zod';
import type { Clock } from '../../clock.ts';
import { approvalDue, type LoginView } from '../../domain/login.ts';
import { instantText } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { HomeAssistantClient } from './client.ts';
import { escapeMarkdown, plainLine } from './markdown.ts';
import type { Session } from './session.ts';

export interface NoticesOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
}

/** One persistent notification for each login that needs its person. */
export interface Notices {
  /** Cheap; brings Home Assistant in line with these logins now, or as soon as it is there. */
  show(logins: readonly LoginView[]): void;
}

interface Notice {
  readonly title: string;
  /** Markdown. */
  readonly message: string;
}

const prefix = 'monzo_bridge_';
/** Ours alone: other programs, and other notices of the bridge, are left in peace. */
const ours = new RegExp(`^${prefix}login_`);
/** Most people approve at once, with the page in front of them. */
const approvalPatience = 120_000;
const longestName = 60;

const listSchema = z.array(
  z.object({
    notification_id: z.string(),
    title: z.string().nullable().catch(null),
    message: z.string().catch(''),
  }),
);

/** Keeps the notices as the logins need them: there, worded anew, and gone by themselves. */
export function createNotices({ client, clock, log }: NoticesOptions): Notices {
  let logins: readonly LoginView[] | null = null;
  /** What Home Assistant shows of ours, by notification id; null while that is not known. */
  let shown: Map<string, string> | null = null;
  let isAsked = false;
  let isWorking = false;
  const waitingSince = new Map<string, number>();

  const sync = async (session: Session) => {
    shown ??= await readShown(session);
    const present = shown;
    const wanted = new Map((logins ?? []).map((login) => [`${prefix}${login.id}`, noticeFor(login)]));
    for (const [id, notice] of wanted) {
      if (notice === 'undecided' || notice === null || present.get(id) === textOf(notice)) continue;
      await call(session, 'create', { notification_id: id, ...notice });
      present.set(id, textOf(notice));
    }
    for (const id of [...present.keys()].filter((id) => (wanted.get(id) ?? null) === null)) {
      await call(session, 'dismiss', { notification_id: id });
      present.delete(id);
    }
  };
  const noticeFor = (login: LoginView): Notice | 'undecided' | null => {
    const since = waitingSince.get(login.id) ?? clock.now();
    if (login.state === 'awaiting_approval') waitingSince.set(login.id, since);
    else waitingSince.delete(login.id);
    // Also after a start of ours: a notice that is there already stays.
    if (login.state === 'awaiting_approval' && clock.now() - since < approvalPatience) return 'undecided';
    const sentence = sentenceFor(login, clock.now());
    return sentence === null ? null : noticeOf(login, sentence);
  };
  const next = () => (isAsked && logins !== null ? client.session() : null);
  /** One at a time, so that what was wanted last also comes last. */
  const work = async () => {
    if (isWorking) return;
    isWorking = true;
    for (let session = next(); session; session = next()) {
      isAsked = false;
      await sync(session).catch((thrown: unknown) => {
        shown = null;
        log.warn('A notice in Home Assistant could not be changed', { why: messageOf(thrown) });
      });
    }
    isWorking = false;
  };
  const ask = () => {
    isAsked = true;
    void work();
  };
  client.onSession(() => {
    shown = null;
    ask();
  });
  return {
    show: (newest) => {
      logins = newest;
      ask();
    },
  };
}

async function readShown(session: Session): Promise<Map<string, string>> {
  const list = listSchema.parse(await session.command({ type: 'persistent_notification/get' }));
  return new Map(
    list
      .filter(({ notification_id: id }) => ours.test(id))
      .map(({ notification_id: id, title, message }) => [id, textOf({ title: title ?? '', message })]),
  );
}

function call(session: Session, service: 'create' | 'dismiss', data: Readonly<Record<string, string>>) {
  return session.command({
    type: 'call_service',
    domain: 'persistent_notification',
    service,
    service_data: data,
  });
}

function textOf({ title, message }: Notice): string {
  return JSON.stringify([title, message]);
}

function noticeOf({ name }: LoginView, sentence: string): Notice {
  const person = plainLine(plainLine(name).slice(0, longestName));
  return {
    // Home Assistant shows titles as plain text.
    title: `Monzo bridge: ${person}`,
    message: `**${escapeMarkdown(person) || 'A login'}**: ${escapeMarkdown(sentence)}`,
  };
}

/** What the person has to do; null while nothing, or nothing that a person could do. */
function sentenceFor(login: LoginView, now: number): string | null {
  const { state, needs } = login;
  if (state === 'needs_approval' || state === 'awaiting_approval')
    return needs ?? 'Open the Monzo app and approve the access that was asked for.';
  if (state === 'needs_authorisation')
    return needs ?? 'Choose “Sign in again” for this login on the bridge’s page.';
  const due = approvalDue(login, now);
  if (due === null) return null;
  const day = instantText(due).slice(0, 10);
  return `Monzo will ask for the approval again about ${day}, and the bridge reads nothing until it is given. To renew it before, open the Monzo app, renew the bridge’s access under Settings, Privacy & Security, Manage Apps, and then choose “I renewed it” on the bridge’s page.`;
}
