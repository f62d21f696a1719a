import { BridgeError } from '../errors.ts';

/** Whether the bank may have acted on a request although it did not say so. */
export type Effect = 'none' | 'unknown';

interface FaultFacts {
  readonly retryable: boolean;
  readonly needsPerson: boolean;
  /** What happened and what to do next. */
  readonly sentence: string;
}

const facts = {
  unreachable: transient('Monzo could not be reached; check the network if this lasts.'),
  timeout: transient('Monzo did not answer in time; check again shortly.'),
  rate_limited: transient('Monzo asked for fewer calls; the next one waits until Monzo allows it.'),
  bank_down: transient('Monzo has a problem of its own; try again later.'),
  not_json: transient('Monzo answered with something that is not its usual data; try again later.'),
  breaker_open: transient('Monzo failed several times in a row, so nothing was sent; try again shortly.'),
  token_dead: transient('Monzo no longer accepts this access token; the login has to be renewed.'),
  token_evicted: forPerson(
    'Monzo ended this login because the same OAuth client signed in elsewhere; sign in again.',
  ),
  refresh_dead: forPerson('Monzo does not renew this login any more; sign in again.'),
  refresh_evicted: forPerson(
    'Monzo does not renew this login because the same OAuth client signed in elsewhere; sign in again.',
  ),
  no_permission: forPerson('Monzo does not permit this; approve the access request in the Monzo app.'),
  verification_required: forPerson(
    'Monzo shows this only shortly after an approval in the Monzo app; sign in again to read it.',
  ),
  client_refused: forPerson('Monzo does not accept the client id and secret; copy both anew.'),
  code_refused: forPerson(
    'Monzo did not accept the sign-in, which was used before or too old; sign in again.',
  ),
  redirect_refused: forPerson(
    'Monzo does not know the redirect address; register exactly this one with the OAuth client.',
  ),
  not_found: final('Monzo does not know what was asked for; check the id.'),
  insufficient_funds: final('Monzo refused because there is not enough money; try a smaller amount.'),
  bad_request: final('Monzo refused the request as it was made; check what was asked for.'),
} as const satisfies Record<string, FaultFacts>;

export type BankFault = keyof typeof facts;

export interface FaultDetails {
  readonly status?: number | null;
  readonly bankCode?: string | null;
  /** After how many milliseconds another call makes sense. */
  readonly retryAfter?: number | null;
  readonly traceId?: string | null;
  readonly effect: Effect;
  /** The bank's own word on trying again, where it gave one. */
  readonly retryable?: boolean | null;
  /** `data` unless said otherwise. */
  readonly purpose?: Purpose;
  readonly cause?: unknown;
}

/** A call to the bank that brought no answer to work with. Holds neither tokens nor bodies. */
export class BankError extends BridgeError {
  readonly fault: BankFault;
  readonly status: number | null;
  /** Monzo's dotted code, most specific part last. */
  readonly bankCode: string | null;
  /** In milliseconds; null where the bank names no time. */
  readonly retryAfter: number | null;
  /** What Monzo's support asks for. */
  readonly traceId: string | null;
  readonly effect: Effect;
  /** What the call was for. */
  readonly purpose: Purpose;

  constructor(fault: BankFault, details: FaultDetails) {
    const { needsPerson, sentence } = facts[fault];
    const retryable = retryableOf(fault, details.retryable);
    super(fault, sentence, { needsPerson, retryable, cause: details.cause });
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

/** What a request was for: the token endpoint uses the same codes with other meanings. */
export type Purpose = 'data' | 'code' | 'refresh';

export interface Refusal {
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
const isRefusal = (status: number) => status === 400 || status === 401;

/** The first row that fits names the fault. Codes are matched by their beginning: suffixes come and go. */
const rules: readonly FaultRule[] = [
  { fault: 'rate_limited', status: is(429) },
  { fault: 'timeout', status: is(408) },
  { fault: 'bank_down', status: (status) => status >= 500 },
  {
    fault: 'client_refused',
    code: /^((bad_request|unauthorized)\.(could_not_authenticate|client_not_enabled)|invalid_client)/,
  },
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
export function faultOf({ status, code, purpose }: Refusal): BankFault {
  const fits = (rule: FaultRule): boolean =>
    (rule.status?.(status) ?? true) &&
    (rule.code?.test(code) ?? true) &&
    (rule.purpose === undefined || rule.purpose === purpose);
  return rules.find(fits)?.fault ?? 'bad_request';
}

/** The bank's word counts, but a person's part is never done by repeating, and a limit always ends. */
function retryableOf(fault: BankFault, word: boolean | null | undefined): boolean {
  const { retryable, needsPerson } = facts[fault];
  return needsPerson || fault === 'rate_limited' ? retryable : (word ?? retryable);
}

function transient(sentence: string): FaultFacts {
  return { retryable: true, needsPerson: false, sentence };
}

function forPerson(sentence: string): FaultFacts {
  return { retryable: false, needsPerson: true, sentence };
}

function final(sentence: string): FaultFacts {
  return { retryable: false, needsPerson: false, sentence };
}
