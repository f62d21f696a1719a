import { bankQuestions } from '../../domain/bank-questions.ts';
import type { Instant } from '../../domain/values.ts';
import { durations } from '../../limits.ts';
import type { JudgedAnswer } from '../exchange.ts';
import { isJsonObject } from '../shape.ts';
import { callOf, remembered, textOf, type Watch, type WatchTools } from './heard.ts';

const { second, minute, hour, day } = durations;

/** What can be seen of every answer: its headers, its time, and how it refuses. */
export function watchAnswers({ note, clock }: WatchTools): Watch {
  let dated: { readonly date: number; readonly at: number } | null = null;
  const noteDate = (text: string) => {
    const date = Date.parse(text);
    if (Number.isNaN(date)) return note('answer_date', 'absent');
    const at = clock.monotonic();
    const passed = dated === null ? 0 : at - dated.at;
    if (dated !== null && passed < 10 * second) return;
    if (dated !== null && date === dated.date) note('answer_date', 'kept');
    if (dated !== null && Math.abs(date - dated.date - passed) <= 2 * second) note('answer_date', 'true');
    dated = { date, at };
  };
  return (answer) => {
    const { status, headers, body, refusal } = answer;
    for (const name of bankQuestions.answer_headers.positions)
      if (headers[name] !== undefined) note('answer_headers', name);
    noteDate(textOf(headers['date']));
    if (refusal === null) return;
    const call = callOf(answer).replaceAll(/[/: ]+/g, ' ');
    note('refusals', `${call} ${status} ${refusal.bankCode ?? 'without code'}`);
    if (isJsonObject(body)) note('refusal_bodies', Object.keys(body).toSorted().join(' '));
    if (status === 429) note('retry_after', retryIn(textOf(headers['retry-after'])));
  };
}

function retryIn(text: string) {
  if (text === '') return 'not_said';
  return /^\d+$/.test(text) ? 'seconds' : 'date';
}

/** What tokens do. `lastUse` is when they were last in use before this start; null where nobody can tell. */
export function watchTokens({ note }: WatchTools, lastUse: Instant | null): Watch {
  const refreshTokens = remembered(() => ({ usedAt: lastUse }));
  const unapproved = remembered<{ until: Instant | null }>(() => ({ until: null }));
  return (answer, loginId) => {
    const { at, status, refusal, request, body } = answer;
    const grant = request.form?.['grant_type'];
    if (callOf(answer) === 'POST /oauth2/token') {
      const isRefresh = grant === 'refresh_token';
      const isRefused = refusal?.fault === 'refresh_dead' || refusal?.fault === 'refresh_evicted';
      if (isRefresh && isRefused) noteStatus(answer, (known) => note('refused_refresh', known));
      const refreshToken = refreshTokens(loginId);
      const isOld = isRefresh && refreshToken.usedAt !== null && at - refreshToken.usedAt > 30 * day;
      if (isOld && (refusal === null || refusal.fault === 'refresh_dead'))
        note('old_refresh_token', refusal === null ? 'works' : 'refused');
      if (refusal === null || isRefused) refreshToken.usedAt = at;
      if (refusal !== null || !isJsonObject(body)) return;
      note('token_lifetime', lifetimeOf(body['expires_in']));
      note('token_scope', textOf(body['scope']));
      if (isRefresh) return;
      note('redirect_address', addressKind(request.form?.['redirect_uri'] ?? ''));
      unapproved(loginId).until = at + Number(body['expires_in']) * second - minute;
      return;
    }
    const waiting = unapproved(loginId);
    if (refusal?.fault === 'token_dead' && waiting.until !== null && at < waiting.until)
      note('token_before_approval', 'ended');
    if (refusal === null || refusal.fault === 'token_dead') waiting.until = null;
    const isDead = refusal?.fault === 'token_dead' || refusal?.fault === 'token_evicted';
    if (isDead && (status === 400 || status === 401))
      note('dead_access_token', status === 400 ? '400' : '401');
  };
}

function noteStatus({ status }: JudgedAnswer, note: (status: '400' | '401' | '403') => void): void {
  const known = (['400', '401', '403'] as const).find((one) => one === String(status));
  if (known !== undefined) note(known);
}

function lifetimeOf(expiresIn: unknown) {
  if (typeof expiresIn !== 'number') return 'not_said';
  const ms = expiresIn * second;
  if (ms < 6 * hour) return 'under_6_hours';
  if (ms === 6 * hour) return '6_hours';
  if (ms < 30 * hour - minute) return 'under_30_hours';
  return ms <= 30 * hour ? '30_hours' : 'longer';
}

function addressKind(address: string) {
  if (!URL.canParse(address)) return 'http_elsewhere';
  const { protocol, hostname } = new URL(address);
  if (protocol === 'https:') return 'https';
  if (/^(localhost|127\.|\[::1\])/.test(hostname)) return 'http_loopback';
  const isPrivate = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|\.local$|^[^.]+$/.test(hostname);
  return isPrivate ? 'http_private_network' : 'http_elsewhere';
}
