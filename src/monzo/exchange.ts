import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { longestRetryAfter } from '../limits.ts';
import { BankError, faultOf, type Effect, type Purpose } from './bank-error.ts';
import type { BankTime } from './bank-clock.ts';
import { acceptedEncodings, textOf } from './answer-text.ts';
import {
  createDeparture,
  type AnswerHeaders,
  type CallBank,
  type Departure,
  type OutgoingRequest,
} from './bank-connection.ts';
import type { Priority } from './budget.ts';
import { isJsonObject, parseBankJson } from './shape.ts';

export interface BankRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly form?: Readonly<Record<string, string>>;
  /** In place of a form: only receipts take JSON. */
  readonly json?: object;
  readonly token?: string;
  readonly priority: Priority;
  /** Asked just before it leaves: it may have waited long for its turn, or the machine slept. Not sent where false. */
  readonly isStillWanted?: (() => boolean) | undefined;
  /** For a caller who may give up early and must know then whether it was sent. */
  readonly departure?: Departure | undefined;
  /** Told of every answer as it came, refusals included, before it is judged. */
  readonly onAnswer?: ((answer: HeardAnswer) => void) | undefined;
}

export interface BankAnswer {
  readonly status: number;
  readonly body: unknown;
  /** When it was asked for: what it says is no older than that. */
  readonly at: Instant;
}

/** What the bank said to a request, a refusal included, as far as it was understood. */
export interface JudgedAnswer extends Omit<HeardAnswer, 'text' | 'ms'> {
  readonly request: BankRequest;
  /** Parsed, `{}` where it is empty; undefined where it is no JSON. */
  readonly body: unknown;
  /** Null for a good answer. */
  readonly refusal: BankError | null;
}

export interface ExchangeOptions {
  readonly callBank: CallBank;
  readonly clock: Clock;
  readonly apiUrl: string;
  /** Told what every answer says of the time, refusals included. */
  readonly onTime?: ((time: BankTime) => void) | undefined;
  /** Told of every answer that came to its end. Must not throw. */
  readonly onJudged?: ((answer: JudgedAnswer) => void) | undefined;
}

const deadline = 20_000;
const tokenPath = '/oauth2/token';

/** One request and its answer, within twenty seconds. Throws BankError, or the signal's reason. */
export function exchange(
  { callBank, clock, apiUrl, onTime, onJudged }: ExchangeOptions,
  request: BankRequest,
  signal?: AbortSignal,
): Promise<BankAnswer> {
  const { departure = createDeparture() } = request;
  const late = () => new BankError('timeout', { effect: departure.effect() });
  return withDeadline({ clock, ms: deadline, late, signal }, async (ended) => {
    try {
      if (request.isStillWanted?.() === false) throw new BankError('timeout', { effect: 'none' });
      const asked = clock.monotonic();
      const onLeaving = () => departure.leave();
      const answer = await callBank({ ...outgoingOf(apiUrl, request), signal: ended, onLeaving });
      const { status, headers } = answer;
      onTime?.({
        date: isFromCache(headers) ? null : bankTimeOf(headers),
        asked,
        answered: clock.monotonic(),
      });
      const text = await textOf(answer);
      const at = Math.floor(clock.now() - (clock.monotonic() - asked));
      request.onAnswer?.({ status, headers, text, at, ms: Math.round(clock.monotonic() - asked) });
      const { body, refusal } = judge({ status, headers, text }, { purpose: purposeOf(request), at });
      onJudged?.({ request, status, headers, body, at, refusal });
      if (refusal !== null) throw refusal;
      return { status, body, at };
    } catch (thrown) {
      ended.throwIfAborted();
      if (thrown instanceof BankError) throw thrown;
      throw new BankError('unreachable', { effect: departure.effect(), cause: thrown });
    }
  });
}

function urlOf(apiUrl: string, { path, query }: BankRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [key, one]),
  );
  const search = new URLSearchParams(pairs).toString();
  return `${apiUrl.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`;
}

function outgoingOf(apiUrl: string, request: BankRequest): Omit<OutgoingRequest, 'signal' | 'onLeaving'> {
  const { method, path, form, json, token } = request;
  return {
    method,
    url: urlOf(apiUrl, request),
    headers: {
      accept: 'application/json',
      'accept-encoding': acceptedEncodings,
      'user-agent': 'monzo-bridge',
      // Monzo's gateway refuses a renewal that carries the dead access token.
      ...(token !== undefined && path !== tokenPath && { authorization: `Bearer ${token}` }),
      ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(json && { 'content-type': 'application/json' }),
    },
    body: json ? JSON.stringify(json) : form && new URLSearchParams(form).toString(),
  };
}

function purposeOf({ path, form }: BankRequest): Purpose {
  if (path !== tokenPath) return 'data';
  return form?.['grant_type'] === 'refresh_token' ? 'refresh' : 'code';
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Null where the answer was too large or nested too deep. */
  readonly text: string | null;
}

/** An answer, when it was asked for, and how many milliseconds it took to come. */
export interface HeardAnswer extends RawAnswer {
  readonly at: Instant;
  readonly ms: number;
}

export interface Judgement {
  readonly purpose: Purpose;
  /** When the answer was asked for. */
  readonly at: Instant;
}

const statusByCode: ReadonlyMap<string, number> = new Map([
  ['bad_request', 400],
  ['unauthorized', 401],
  ['forbidden', 403],
  ['not_found', 404],
  ['bad_response', 406],
  ['precondition_failed', 412],
  ['rate_limited', 429],
  ['internal_service', 500],
  ['timeout', 504],
]);

/** Whether a refusal is in the bank's own words: whatever stands in its place has others, or none. */
export function isBankCode(code: string | null): boolean {
  return statusByCode.has(code?.split('.')[0] ?? '');
}

/** The statuses known to refuse, where the bank says so in its own words: every other answer leaves open whether it acted. */
const refusing: ReadonlySet<number> = new Set([400, 401, 403, 404, 422]);

/** What an answer holds, and for every answer but a good one the error: a status becomes one here and nowhere else. */
export function judge(
  { status, headers, text }: RawAnswer,
  judgement: Judgement,
): Pick<JudgedAnswer, 'body' | 'refusal'> {
  const body = text === null ? undefined : parsedOrUndefined(text);
  const isGood = status >= 200 && status < 300 && body !== undefined;
  const answer = { status, headers, body, isTooLarge: text === null };
  return { body, refusal: isGood ? null : refusalOf(answer, judgement) };
}

interface BadAnswer extends Pick<JudgedAnswer, 'status' | 'headers' | 'body'> {
  readonly isTooLarge: boolean;
}

function refusalOf({ status, headers, body, isTooLarge }: BadAnswer, { purpose, at }: Judgement): BankError {
  const refused = isJsonObject(body) ? body : {};
  const code = codeOf(refused);
  const details = {
    purpose,
    status,
    bankCode: code === '' ? null : code,
    retryAfter: retryAfterOf(headers, at),
    traceId: wordOrNull(headers['trace-id']),
  };
  if (isTooLarge) return new BankError('oversized', { ...details, effect: 'unknown' });
  if (status < 400 || (status < 500 && status !== 429 && !isJsonObject(body)))
    return new BankError('not_json', { ...details, effect: 'unknown' });
  const meant = statusByCode.get(code.split('.')[0] ?? '') ?? status;
  const fault = faultOf({ status: meant, code, purpose });
  const isRefused = code !== '' && refusing.has(status) && refusing.has(meant);
  const effect: Effect = isRefused ? 'none' : 'unknown';
  return new BankError(fault, { ...details, effect, retryable: retryableIn(refused['retryable']) });
}

/** Whether the answer, and so its `Date`, has been kept by something on the way. */
function isFromCache(headers: AnswerHeaders): boolean {
  return Number(headers['age']) > 0;
}

/** Reads a `Date` header; null where there is none that can be read. */
function bankTimeOf(headers: AnswerHeaders): Instant | null {
  return instantOrNull(textIn(headers, 'date'));
}

function parsedOrUndefined(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return parseBankJson(text);
  } catch {
    return undefined;
  }
}

/** Some answers carry OAuth's `error` instead of the bank's own code, or beside it. */
function codeOf(body: Readonly<Record<string, unknown>>): string {
  return wordOrNull(body['code']) ?? wordOrNull(body['error']) ?? '';
}

/** Codes are logged and shown, so only text that looks like a code is taken. */
function wordOrNull(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.:-]{1,120}$/.test(value) ? value : null;
}

/** The bank writes optional booleans as protobuf does: `{}` is false, `{"value":true}` is true. */
function retryableIn(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  return isJsonObject(value) ? value['value'] === true : null;
}

/**
 * Milliseconds from now, from seconds or from a date of the bank's own clock, and never longer than makes sense. Null
 * where there is neither.
 */
function retryAfterOf(headers: AnswerHeaders, at: Instant): number | null {
  const text = textIn(headers, 'retry-after')?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, longestRetryAfter);
  const date = /^[A-Z][a-z]+, /.test(text) ? instantOrNull(text) : null;
  if (date === null) return null;
  return Math.min(Math.max(0, date - (bankTimeOf(headers) ?? at)), longestRetryAfter);
}

function textIn(headers: AnswerHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

function instantOrNull(text: string | null): Instant | null {
  const instant = Date.parse(text ?? '');
  return Number.isNaN(instant) ? null : instant;
}
