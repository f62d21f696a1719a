import { createNotifier } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { exchange, type BankAnswer, type BankRequest, type ExchangeOptions } from './exchange.ts';
import { BankError, type BankFault } from './bank-error.ts';
import { createGate, type BreakerState, type BudgetLeft, type GateOptions } from './gate.ts';

export { BankError, type BankFault, type Effect } from './bank-error.ts';
export type { BankAnswer, BankRequest } from './exchange.ts';
export type { Priority } from './budget.ts';

/** One call and how it went, for counting. `path` holds no ids. Without status and fault, its caller gave it up. */
export interface BankCall {
  /** When it was sent. */
  readonly at: Instant;
  readonly method: BankRequest['method'];
  readonly path: string;
  readonly status: number | null;
  readonly fault: BankFault | null;
  readonly ms: number;
}

/** A call that was refused because the bank asks for fewer. */
export interface HeldBack {
  /** Without ids. */
  readonly path: string;
  /** After how many milliseconds it may be tried again. */
  readonly rest: number;
}

export interface TransportHealth {
  /** Calls that were sent. */
  readonly calls: CallCounts;
  readonly budget: BudgetLeft;
  readonly breaker: BreakerState;
  /** Until when Monzo asked for no calls; null while it does not. */
  readonly pausedUntil: Instant | null;
  /** When the bank last answered anything, a refusal included. */
  readonly lastAnswerAt: Instant | null;
}

/** Sends exactly once. Throws BankError, or the signal's reason. */
export type Send = (request: BankRequest, signal?: AbortSignal) => Promise<BankAnswer>;

export interface Transport {
  readonly send: Send;
  /** Calls what is told of every call that is refused because the bank asks for fewer, whether or not it was sent. */
  readonly onHeldBack: (listener: (call: HeldBack) => void) => () => void;
  readonly health: () => TransportHealth;
  /** A person asks: the next calls are made although the bank asked for a pause, unless that was done a moment ago. */
  readonly askAtOnce: () => void;
}

export interface TransportOptions extends ExchangeOptions, GateOptions {
  readonly onCall?: ((call: BankCall) => void) | undefined;
}

const pathWords: ReadonlySet<string> = new Set(
  'ping whoami oauth2 token logout accounts balance pots deposit withdraw transactions transaction-receipts webhooks feed'.split(
    ' ',
  ),
);

/**
 * One login's calls to the bank. Nothing is sent twice here: only the caller knows whether that is safe.
 */
export function createTransport(options: TransportOptions): Transport {
  const { clock, onCall } = options;
  const gate = createGate(options);
  const calls = createCallCounts(clock);
  const heldBack = createNotifier<HeldBack>();
  let lastAnswerAt: Instant | null = null;

  const sendOnce = async (request: BankRequest, path: string, signal?: AbortSignal) => {
    const { method, priority } = request;
    const admission = await gate.pass({ priority, kind: path }, signal);
    const [at, asked] = [clock.now(), clock.monotonic()];
    const count = (status: number | null, fault: BankFault | null) => {
      if (status !== null) lastAnswerAt = clock.now();
      onCall?.({
        at,
        method,
        path,
        status,
        fault,
        ms: Math.round(clock.monotonic() - asked),
      });
    };
    calls.count();
    try {
      const answer = await exchange(options, request, signal);
      admission.answered();
      count(answer.status, null);
      return answer;
    } catch (thrown) {
      const failure = admission.failed(thrown);
      const { status = null, fault = null } = failure instanceof BankError ? failure : {};
      count(status, fault);
      throw failure;
    }
  };
  const send: Send = async (request, signal) => {
    const path = countedPath(request.path);
    try {
      return await sendOnce(request, path, signal);
    } catch (thrown) {
      if (thrown instanceof BankError && thrown.fault === 'rate_limited')
        heldBack.notify({ path, rest: thrown.retryAfter ?? 0 });
      throw thrown;
    }
  };

  return {
    send,
    onHeldBack: (listener) => heldBack.subscribe(listener),
    askAtOnce: () => gate.lift(),
    health: () => ({
      calls: calls.read(),
      budget: gate.budget(),
      breaker: gate.breaker(),
      pausedUntil: gate.pausedUntil(),
      lastAnswerAt,
    }),
  };
}

function countedPath(path: string): string {
  return path
    .split('/')
    .map((part) => (part === '' || pathWords.has(part) ? part : ':id'))
    .join('/');
}

/** How many calls were sent, in all and recently. */
export interface CallCounts {
  readonly total: number;
  /** In the last hour and the last day, to ten minutes. */
  readonly lastHour: number;
  readonly lastDay: number;
}

const slot = 10 * 60_000;
const hour = 6;
const day = 24 * hour;

/** Counts calls in slots of ten minutes, of which a day is kept. */
export function createCallCounts(clock: Clock): { count(): void; read(): CallCounts } {
  const slots = new Map<number, number>();
  let total = 0;
  const now = () => Math.floor(clock.monotonic() / slot);
  return {
    count() {
      total += 1;
      const current = now();
      const calls = slots.get(current);
      slots.set(current, (calls ?? 0) + 1);
      if (calls === undefined) for (const at of slots.keys()) if (at <= current - day) slots.delete(at);
    },
    read: () => {
      const current = now();
      let [lastHour, lastDay] = [0, 0];
      for (const [at, calls] of slots) {
        if (at > current - day) lastDay += calls;
        if (at > current - hour) lastHour += calls;
      }
      return { total, lastHour, lastDay };
    },
  };
}
