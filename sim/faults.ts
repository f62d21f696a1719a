import type { Answer, Call } from './call.ts';
import { withGap, withWrongTypes, type Gap } from './lists.ts';

/** What keeps a connection from coming about: the request never leaves the caller's machine. */
export const connectionTroubles = ['refused', 'no_route', 'connect_timeout', 'tls_error'] as const;
export type ConnectionTrouble = (typeof connectionTroubles)[number];
/** A broken connection: no answer came back. */
export type Broken = 'silence' | 'reset' | ConnectionTrouble;
export type Outcome = Answer | Broken;

/** How an answer can be packed on its way. */
export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

interface FaultBase {
  /** The calls that it applies to; all API calls if left out. */
  readonly match?: (call: Call) => boolean;
  /** How often it applies before it is removed; without limit if left out. */
  readonly times?: number;
}

/** A fault between a caller and the bank. */
export type CallFault = FaultBase &
  (
    | { readonly kind: 'timeout_before' | 'timeout_after' | 'reset_before' | 'reset_after' }
    | { readonly kind: ConnectionTrouble }
    | {
        readonly kind: 'status';
        readonly status: number;
        readonly code?: string;
        readonly retryAfter?: number | string;
      }
    /** The bank acts, then answers this status; `body`: in its own form unless told otherwise. */
    | {
        readonly kind: 'status_after';
        readonly status: number;
        readonly code?: string;
        readonly body?: 'json' | 'no_code' | 'html' | 'empty';
      }
    | { readonly kind: 'html'; readonly status?: number }
    /** The bank acts, and answers with what no reader should take: ten megabytes, or a million brackets. */
    | { readonly kind: 'oversized'; readonly how?: 'large' | 'deep' }
    | { readonly kind: 'slow'; readonly ms: number }
    /** Each call takes up to `ms` of its own: a part of it on its way to the bank, the rest on the way back. */
    | { readonly kind: 'far'; readonly ms: number; readonly random: () => number }
    /** The call reaches the bank only after `until`. */
    | { readonly kind: 'held'; readonly until: Promise<unknown> }
    /** The bank acts; its answer comes only after `until`. */
    | { readonly kind: 'answer_held'; readonly until: Promise<unknown> }
    /** Balances are those of so many milliseconds ago. */
    | { readonly kind: 'stale'; readonly ms: number }
    | { readonly kind: 'truncated' }
    /** Over a real connection; `spoilt`: cut in the middle of its packed form. */
    | { readonly kind: 'compressed'; readonly encoding: Encoding; readonly spoilt?: boolean }
    /** Lists of accounts, pots and webhooks leave rows out. */
    | { readonly kind: 'rows_missing'; readonly rows: Gap }
    /** Rewrites the JSON of a good answer. Without `rewrite`, the first row of each list gets wrong types. */
    | { readonly kind: 'wrong_shape'; readonly rewrite?: (body: unknown) => unknown }
    /** Shifts the `Date` header by so many milliseconds. */
    | { readonly kind: 'clock_skew'; readonly ms: number }
    | { readonly kind: 'no_date' }
    /** The `Date` of an earlier answer, in milliseconds since the epoch; `age`: with the header that admits it. */
    | { readonly kind: 'cached_date'; readonly at: number; readonly age?: boolean }
  );

/** One delivery of a webhook. */
export interface Delivery {
  readonly hookId: string;
  readonly accountId: string;
  readonly transactionId: string;
  readonly url: string;
  readonly attempt: number;
}

interface HookFaultBase {
  readonly match?: (delivery: Delivery) => boolean;
  readonly times?: number;
}

/** A fault between the bank and the receiver of a webhook. */
export type HookFault = HookFaultBase &
  (
    | { readonly kind: 'hook_dropped' | 'hook_duplicated' | 'hook_reordered' | 'hook_changed_body' }
    | { readonly kind: 'hook_delayed'; readonly ms: number }
  );

export type Fault = CallFault | HookFault;
export type CallFaultKind = CallFault['kind'];
export type HookFaultKind = HookFault['kind'];

interface Tools {
  readonly wait: (ms: number) => Promise<void>;
}

type Next = () => Promise<Outcome>;
type Of<Kind extends CallFaultKind> = Extract<CallFault, { readonly kind: Kind }>;

const isBroken = (outcome: Outcome): outcome is Broken => typeof outcome === 'string';

async function after(next: Next, broken: Broken): Promise<Broken> {
  await next();
  return broken;
}

async function changed(next: Next, change: (answer: Answer) => Answer): Promise<Outcome> {
  const outcome = await next();
  return isBroken(outcome) ? outcome : change(outcome);
}

const codes: Readonly<Record<number, readonly [string, string]>> = {
  400: ['bad_request', 'Bad request'],
  401: ['unauthorized.bad_access_token', 'Bad access token'],
  403: ['forbidden.insufficient_permissions', 'Access forbidden due to insufficient permissions'],
  404: ['not_found', 'Not found'],
  408: ['timeout', 'Request timed out'],
  406: ['bad_response', 'Bad response'],
  409: ['bad_request.conflict', 'Conflict'],
  412: ['precondition_failed', 'Precondition failed'],
  422: ['bad_request.unprocessable', 'Unprocessable'],
  429: ['rate_limited', 'Too many requests'],
  500: ['internal_service', 'Internal error'],
  503: ['internal_service.unavailable', 'Service unavailable'],
  504: ['timeout', 'Gateway timeout'],
};

/** A code for statuses that the bank itself does not use: it answers them by their number alone. */
const unknownCode = ['unknown', 'Unknown'] as const;

function refused(fault: Of<'status'>): Answer {
  const [code, message] =
    codes[fault.status] ?? (fault.status < 500 ? unknownCode : (codes[500] ?? unknownCode));
  const retryable = fault.status === 429 || fault.status >= 500 ? { value: true } : {};
  const body = { code: fault.code ?? code, message, retryable, marshal_count: 1, unexpected: {} };
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (fault.retryAfter !== undefined) headers['retry-after'] = String(fault.retryAfter);
  return { status: fault.status, headers, body: JSON.stringify(body) };
}

const edgePage = '<html><head><title>api.monzo.com</title></head><body><h1>Bad gateway</h1></body></html>';

function edgeAnswer(status: number): Answer {
  return { status, headers: { 'content-type': 'text/html' }, body: edgePage };
}

const afterwards: Readonly<
  Record<NonNullable<Of<'status_after'>['body']>, (fault: Of<'status_after'>) => Answer>
> = {
  json: ({ status, code }) => refused({ kind: 'status', status, ...(code === undefined ? {} : { code }) }),
  no_code: ({ status }) => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ message: 'Refused' }),
  }),
  html: ({ status }) => edgeAnswer(status),
  empty: ({ status }) => ({ status, headers: {}, body: '' }),
};

/** Gives the first row of every list wrong types: numbers become text, everything else becomes a number. */
function misshapen(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      Array.isArray(value) ? value.map(misshapeFirst) : value,
    ]),
  );
}

function misshapeFirst(row: unknown, index: number): unknown {
  if (index > 0 || typeof row !== 'object' || row === null) return row;
  return withWrongTypes(row as Readonly<Record<string, unknown>>);
}

function reshaped(answer: Answer, rewrite: (body: unknown) => unknown): Answer {
  if (answer.status !== 200) return answer;
  return { ...answer, body: JSON.stringify(rewrite(JSON.parse(answer.body))) };
}

/** The bridge waits so long for a connection. */
const connectTimeout = 10_000;

type Strike<Kind extends CallFaultKind> = (fault: Of<Kind>, next: Next, tools: Tools) => Promise<Outcome>;

const strikes: { readonly [Kind in CallFaultKind]: Strike<Kind> } = {
  timeout_before: () => Promise.resolve('silence'),
  timeout_after: (_fault, next) => after(next, 'silence'),
  reset_before: () => Promise.resolve('reset'),
  reset_after: (_fault, next) => after(next, 'reset'),
  refused: () => Promise.resolve('refused'),
  no_route: () => Promise.resolve('no_route'),
  tls_error: () => Promise.resolve('tls_error'),
  connect_timeout: async (_fault, _next, tools) => {
    await tools.wait(connectTimeout);
    return 'connect_timeout';
  },
  status: (fault) => Promise.resolve(refused(fault)),
  status_after: (fault, next) => changed(next, () => afterwards[fault.body ?? 'json'](fault)),
  html: (fault) => Promise.resolve(edgeAnswer(fault.status ?? 502)),
  oversized: ({ how = 'large' }, next) =>
    changed(next, (answer) => ({
      ...answer,
      body: how === 'deep' ? '['.repeat(1_000_000) : `{"filler":"${'x'.repeat(10_000_000)}"}`,
    })),
  slow: async (fault, next, tools) => {
    await tools.wait(fault.ms);
    return next();
  },
  far: async ({ ms, random }, next, tools) => {
    const whole = ms * (0.5 + random() / 2);
    const there = whole * random();
    await tools.wait(there);
    const outcome = await next();
    await tools.wait(whole - there);
    return outcome;
  },
  held: async (fault, next) => {
    await fault.until;
    return next();
  },
  answer_held: async (fault, next) => {
    const outcome = await next();
    await fault.until;
    return outcome;
  },
  stale: (_fault, next) => next(),
  truncated: (_fault, next) =>
    changed(next, (answer) => ({ ...answer, body: answer.body.slice(0, answer.body.length >> 1) })),
  compressed: ({ encoding, spoilt = false }, next) =>
    changed(next, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'content-encoding': encoding, ...(spoilt ? { 'x-spoilt': 'yes' } : {}) },
    })),
  rows_missing: (fault, next) =>
    changed(next, (answer) => reshaped(answer, (body) => withGap(body, fault.rows))),
  wrong_shape: (fault, next) => changed(next, (answer) => reshaped(answer, fault.rewrite ?? misshapen)),
  no_date: (_fault, next) =>
    changed(next, (answer) => ({ ...answer, headers: { ...answer.headers, 'x-skew-ms': 'none' } })),
  cached_date: ({ at, age = false }, next) =>
    changed(next, (answer) => ({
      ...answer,
      headers: { ...answer.headers, 'x-date-ms': String(at), ...(age ? { age: '3600' } : {}) },
    })),
  clock_skew: (fault, next) =>
    changed(next, (answer) => ({ ...answer, headers: { ...answer.headers, 'x-skew-ms': String(fault.ms) } })),
};

interface ActiveFault {
  readonly fault: Fault;
  left: number;
}

const keepsApart: ReadonlySet<string> = new Set(connectionTroubles);

const isHookFault = (fault: Fault): fault is HookFault => fault.kind.startsWith('hook_');

/** The bank behind the faults. */
export interface Reached {
  /** The bank's answer; what it reads lags so many milliseconds behind. */
  readonly answer: (behindMs: number) => Answer;
  /** Told when a call leaves its caller's machine, whether or not it then arrives. */
  readonly onLeft?: (() => void) | undefined;
}

/** Faults in front of a bank that works. The fault that was added first is the outermost. */
export interface Faults {
  /** Adds a fault. Returns what removes it. */
  add(fault: Fault): () => void;
  clear(): void;
  /** The kinds of all current faults. */
  kinds(): readonly string[];
  /** Runs a call through the faults that match it; `struck` has their kinds. */
  run(call: Call, bank: Reached): Promise<{ outcome: Outcome; struck: readonly string[] }>;
  /** The webhook faults of the given kinds that match this delivery. Each counts as used. */
  strikeHook(delivery: Delivery, kinds: readonly HookFaultKind[]): readonly HookFault[];
}

/** No faults at first; `wait` is the clock's, for slow answers. */
export function createFaults(tools: Tools): Faults {
  const active: ActiveFault[] = [];
  const remove = (entry: ActiveFault) => {
    const place = active.indexOf(entry);
    if (place >= 0) active.splice(place, 1);
  };
  const use = (entry: ActiveFault) => {
    entry.left -= 1;
    if (entry.left <= 0) remove(entry);
  };
  return {
    add(fault) {
      const entry = { fault, left: fault.times ?? Infinity };
      active.push(entry);
      return () => remove(entry);
    },
    clear: () => void active.splice(0),
    kinds: () => active.map(({ fault }) => fault.kind),
    async run(call, { answer, onLeft }) {
      let behind = 0;
      let next: Next = () => Promise.resolve(answer(behind));
      const struck: string[] = [];
      for (const entry of active.toReversed()) {
        const { fault } = entry;
        if (isHookFault(fault) || !(fault.match?.(call) ?? true)) continue;
        use(entry);
        struck.unshift(fault.kind);
        if (fault.kind === 'stale') behind += fault.ms;
        const inner = next;
        const strike = strikes[fault.kind] as Strike<CallFaultKind>;
        next = () => strike(fault, inner, tools);
      }
      if (!struck.some((kind) => keepsApart.has(kind))) onLeft?.();
      return { outcome: await next(), struck };
    },
    strikeHook(delivery, kinds) {
      return active.slice().flatMap((entry) => {
        const { fault } = entry;
        if (!isHookFault(fault) || !kinds.includes(fault.kind)) return [];
        if (!(fault.match?.(delivery) ?? true)) return [];
        use(entry);
        return [fault];
      });
    },
  };
}
