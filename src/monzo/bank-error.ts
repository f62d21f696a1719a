import { BridgeError } from '../errors.ts';
import { refuse, type RefusalCode } from '../refusals/refuse.ts';

/** `none` where the bank surely did not act on a request; `unknown` where it may have. */
export type Effect = 'none' | 'unknown';

/** What can go wrong with a call to the bank; each has its sentence in the catalogue of refusals. */
export const bankFaults = [
  'unreachable',
  'timeout',
  'rate_limited',
  'bank_down',
  'not_json',
  'oversized',
  'breaker_open',
  'token_dead',
  'token_evicted',
  'refresh_dead',
  'refresh_evicted',
  'no_permission',
  'verification_required',
  'client_refused',
  'code_refused',
  'redirect_refused',
  'not_found',
  'insufficient_funds',
  'bad_request',
] as const satisfies readonly RefusalCode[];

export type BankFault = (typeof bankFaults)[number];

export interface FaultDetails {
  readonly status?: number | null;
  readonly bankCode?: string | null;
  /** After how many milliseconds the call may be tried again. */
  readonly retryAfter?: number | null;
  readonly traceId?: string | null;
  readonly effect: Effect;
  /** What the bank itself said about trying again, where it said anything. */
  readonly retryable?: boolean | null;
  /** `data` unless said otherwise. */
  readonly purpose?: Purpose;
  readonly cause?: unknown;
}

/** A call to the bank that failed. Holds neither tokens nor bodies. */
export class BankError extends BridgeError {
  readonly fault: BankFault;
  readonly status: number | null;
  /** Monzo's dotted code, most specific part last. */
  readonly bankCode: string | null;
  /** In milliseconds; null where nobody knows. */
  readonly retryAfter: number | null;
  /** The id that Monzo's support asks for. */
  readonly traceId: string | null;
  readonly effect: Effect;
  /** What the call was for. */
  readonly purpose: Purpose;

  constructor(fault: BankFault, details: FaultDetails) {
    const { message, needsPerson, facts, retryable } = refusalOf(fault);
    const mayRepeat = retryableOf({ fault, needsPerson, retryable }, details.retryable);
    super(fault, message, { needsPerson, retryable: mayRepeat, facts, cause: details.cause });
    this.name = 'BankError';
    this.fault = fault;
    this.status = details.status ?? null;
    this.bankCode = details.bankCode ?? null;
    this.retryAfter = details.retryAfter ?? null;
    this.traceId = details.traceId ?? null;
    this.effect = details.effect;
    this.purpose = details.purpose ?? 'data';
  }
}

/** Whether the bank answered 403: for the list of accounts this means that access is lost, for one account it does not. */
export function isForbidden(thrown: unknown): boolean {
  if (!(thrown instanceof BankError)) return false;
  return thrown.fault === 'no_permission' || thrown.fault === 'verification_required';
}

/** Whether our own breaker refused the call, so that the bank was not asked: that says less than the fault that opened it. */
export function isUnasked(thrown: unknown): thrown is BankError {
  return thrown instanceof BankError && thrown.fault === 'breaker_open';
}

/** What a request was for: the token endpoint uses the same codes with other meanings. */
export type Purpose = 'data' | 'code' | 'refresh';

export interface BankRefusal {
  /** By the bank's code where it gives a known one, else the HTTP status. */
  readonly status: number;
  /** The bank's code, or its OAuth `error`. Empty where there is none. */
  readonly code: string;
  readonly purpose: Purpose;
}

interface FaultRule {
  readonly fault: BankFault;
  readonly status?: (status: number) => boolean;
  readonly code?: RegExp;
  readonly purpose?: Purpose;
}

const is = (wanted: number) => (status: number) => status === wanted;
const isRefusal = (status: number) => [400, 401, 403].includes(status);

/**
 * Where tokens are made, what is wrong with a client: its name stands somewhere in the code where it was deleted, or
 * nothing is found. A missing parameter is a defect of the bridge.
 */
const aClient = /^(?!.*missing_param).*(client|could_not_authenticate)|^not_found/;

/** The first row that fits names the fault. Codes are matched by their beginning: suffixes come and go. */
const rules: readonly FaultRule[] = [
  { fault: 'rate_limited', status: is(429) },
  { fault: 'timeout', status: is(408) },
  { fault: 'bank_down', status: (status) => status >= 500 },
  {
    fault: 'client_refused',
    code: /^((bad_request|unauthorized)\.(could_not_authenticate|client_not_enabled)|invalid_client)/,
  },
  { fault: 'client_refused', purpose: 'refresh', code: aClient },
  { fault: 'client_refused', purpose: 'code', code: aClient },
  // In no words of Monzo's: something on the way to it has no such route.
  { fault: 'bank_down', purpose: 'refresh', status: is(404) },
  { fault: 'bank_down', purpose: 'code', status: is(404) },
  { fault: 'refresh_evicted', purpose: 'refresh', code: /\.evicted/ },
  { fault: 'refresh_evicted', code: /^(bad_request|unauthorized)\.(bad_)?refresh_token\.evicted/ },
  { fault: 'refresh_dead', code: /^(bad_request|unauthorized)\.(bad_refresh_token|refresh_token\.)/ },
  { fault: 'redirect_refused', code: /^bad_request\.bad_param\.redirect_uri/ },
  { fault: 'code_refused', code: /^bad_request\.(authorization_code|bad_param\.(invalid_)?code)/ },
  { fault: 'bad_request', code: /^bad_request\.(missing_param|bad_param)/ },
  { fault: 'refresh_dead', purpose: 'refresh', status: isRefusal },
  { fault: 'code_refused', purpose: 'code', status: isRefusal },
  { fault: 'token_evicted', code: /^(bad_request|unauthorized)\.(bad_access|invalid)_token\.evicted/ },
  {
    fault: 'token_dead',
    code: /^((bad_request|unauthorized)\.(invalid_token|bad_access_token)|invalid_token)/,
  },
  { fault: 'token_dead', status: is(401) },
  { fault: 'verification_required', code: /^forbidden\.verification_required/ },
  { fault: 'no_permission', status: is(403) },
  { fault: 'not_found', status: is(404) },
  { fault: 'insufficient_funds', code: /^bad_request\.insufficient_funds/ },
];

/** What a refusal means; `bad_request` where nothing more is known. */
export function faultOf({ status, code, purpose }: BankRefusal): BankFault {
  const fits = (rule: FaultRule): boolean =>
    (rule.status?.(status) ?? true) &&
    (rule.code?.test(code) ?? true) &&
    (rule.purpose === undefined || rule.purpose === purpose);
  return rules.find(fits)?.fault ?? 'bad_request';
}

function refusalOf(fault: BankFault): BridgeError {
  return refuse(fault, { by: 'monzo' });
}

/** What the bank said counts, except that only a person can do a person's part, and that a rate limit always ends. */
function retryableOf(
  { fault, needsPerson, retryable }: Pick<BankError, 'fault' | 'needsPerson' | 'retryable'>,
  word: boolean | null | undefined,
): boolean {
  return needsPerson || fault === 'rate_limited' ? retryable : (word ?? retryable);
}
