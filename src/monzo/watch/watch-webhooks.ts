import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/values.ts';
import { durations } from '../../limits.ts';
import { createRecent } from '../../memo.ts';
import type { JudgedAnswer } from '../exchange.ts';
import { isJsonObject } from '../shape.ts';
import {
  accountIn,
  compared,
  callOf,
  remembered,
  rowsIn,
  textOf,
  under,
  type Watch,
  type WatchTools,
} from './heard.ts';

const { minute, hour, day } = durations;

interface OwnWebhook {
  readonly account: string;
  /** Null where a list showed it before anything else. */
  readonly registeredAt: Instant | null;
  isShown: boolean;
  wasMissed: boolean;
  misses: number;
  /** What happened since a list last showed it. */
  since: 'another_was_registered' | 'new_sign_in' | null;
}

/** How webhooks are registered, listed and lost. */
export function watchWebhooks({ note }: WatchTools): Watch {
  const logins = remembered(() => new Map<string, OwnWebhook>());
  return (answer, loginId) => {
    const { request, refusal, body, at } = answer;
    const own = logins(loginId);
    const call = callOf(answer);
    const happened = (what: NonNullable<OwnWebhook['since']>) => {
      for (const hook of own.values()) hook.since ??= what;
    };
    if (call === 'POST /webhooks') {
      noteAddress(note, answer);
      const { id, url } = under(body, 'webhook');
      if (refusal !== null || textOf(id) === '') return;
      note('webhook_echo', echoOf(request.form?.['url'] ?? '', textOf(url)));
      happened('another_was_registered');
      const fresh = { isShown: false, wasMissed: false, misses: 0, since: null };
      own.set(textOf(id), { account: accountIn(answer), registeredAt: at, ...fresh });
      for (const oldest of own.keys()) if (own.size > compared.others) own.delete(oldest);
    } else if (call === 'DELETE /webhooks/:id') own.delete(request.path.split('/').at(-1) ?? '');
    else if (call === 'POST /oauth2/token' && request.form?.['grant_type'] === 'authorization_code')
      happened('new_sign_in');
    else if (call === 'GET /webhooks') noteListed(note, answer, own);
  };
}

function noteListed(note: WatchTools['note'], answer: JudgedAnswer, own: Map<string, OwnWebhook>): void {
  const rows = rowsIn(answer, 'webhooks');
  if (rows === null) return;
  const account = accountIn(answer);
  const ids = new Set(rows.map(({ id }) => textOf(id)));
  for (const [id, hook] of own) {
    if (hook.account !== account) continue;
    if (ids.has(id)) {
      if (!hook.isShown && hook.registeredAt !== null)
        note('webhook_list', hook.wasMissed ? 'later' : 'at_once');
      if (hook.since === 'new_sign_in') note('webhook_after_sign_in', 'kept');
      Object.assign(hook, { isShown: true, misses: 0, since: null });
      continue;
    }
    hook.wasMissed = true;
    hook.misses += 1;
    if (hook.misses === 2 && (hook.isShown || isLaterShown(hook, own)))
      note('webhook_gone', hook.since ?? 'neither');
    const isLong = hook.registeredAt !== null && answer.at - hook.registeredAt > hour;
    if (!hook.isShown && isLong) note('webhook_list', 'not_within_an_hour');
  }
  const shown = { registeredAt: null, isShown: true, wasMissed: false, misses: 0, since: null };
  for (const id of ids) if (!own.has(id) && own.size < compared.others) own.set(id, { account, ...shown });
}

/** Whether a list has shown one that was registered later, and so should show this one too. */
function isLaterShown({ registeredAt }: OwnWebhook, own: ReadonlyMap<string, OwnWebhook>): boolean {
  return [...own.values()].some(
    (other) => other.isShown && (other.registeredAt ?? 0) >= (registeredAt ?? Number.POSITIVE_INFINITY),
  );
}

function noteAddress(note: WatchTools['note'], { request, refusal }: JudgedAnswer): void {
  const url = request.form?.['url'] ?? '';
  if (!URL.canParse(url)) return;
  const { protocol, port } = new URL(url);
  const kind = protocol === 'http:' ? 'http' : port === '' ? 'https' : 'another_port';
  if (refusal === null) note('webhook_address', kind);
  else if (refusal.bankCode?.includes('url') === true) note('webhook_address', `refused_${kind}`);
}

/** How an address comes back, by comparing it with the one that was sent. */
function echoOf(sent: string, shown: string) {
  if (shown === sent) return 'as_given';
  if (!URL.canParse(sent) || !URL.canParse(shown)) return 'another';
  const [from, to] = [new URL(sent), new URL(shown)];
  const [fromQuery, toQuery] = [from, to].map(({ searchParams }) => [...searchParams].map(String));
  if (shown === sent.toLowerCase()) return 'lower_case';
  if (to.pathname === `${from.pathname}/`) return 'trailing_slash';
  if (from.search !== to.search && String(fromQuery?.toSorted()) === String(toQuery?.toSorted()))
    return 'query_reordered';
  if (shown === from.href) return 'as_a_browser_writes_it';
  if (from.href === to.href) return 'port_written';
  return decoded(to.href) === decoded(from.href) ? 'percent_encoded' : 'another';
}

function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

/** What is rung for. `body` is the text of a call that rang at one of the bridge's own addresses; nothing of it is kept. */
export function watchRings({ note, clock }: WatchTools): (body: string) => void {
  const rung = createRecent<{ readonly settled: string; readonly digest: string; readonly at: number }>(
    compared.others,
  );
  return (body) => {
    const call = parsedOrNull(body);
    const row = under(call, 'data');
    const id = textOf(row['id']);
    if (!isJsonObject(call) || id === '') return;
    note('ring_types', textOf(call['type']));
    note('ring_schemes', textOf(row['scheme']));
    // Two hundred texts as long as a ring may be would be fifty megabytes.
    const digest = createHash('sha256').update(JSON.stringify(row)).digest('base64');
    const now = { settled: textOf(row['settled']), digest, at: clock.monotonic() };
    const before = rung.get(id);
    rung.set(id, now);
    if (before === undefined || now.at - before.at < minute) return;
    if (before.settled !== now.settled) note('later_rings', 'settlement');
    else if (before.digest !== now.digest) note('later_rings', 'other_change');
    // Sooner, a call may be repeated whose answer did not arrive, each time after a longer pause.
    else if (now.at - before.at >= day) note('later_rings', 'no_change');
  };
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
