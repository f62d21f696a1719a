import { queryOf, type Call, type Page, type Portion } from './client.ts';
import type { HealthState, LoginState } from './contract.ts';
import { isHealthState, loginStates } from './contract.ts';
import { anything, flag, listOf, oneOf, orNull, shape, text, whole, number, type Guard } from './guards.ts';

/** What the bridge does: the events and how far each receiver has come, and its dealings with the bank. */

export interface Parked {
  readonly seq: number;
  readonly event_id: string;
  readonly at: string;
  readonly why: string;
}

export interface Sink {
  readonly name: string;
  /** Everything up to this place is settled: delivered, or put aside. */
  readonly cursor: number;
  readonly undelivered: number;
  readonly unproven: number;
  readonly parked_count: number;
  readonly parked: readonly Parked[];
  readonly state: HealthState;
  readonly sentence: string | null;
  readonly waits_for: 'home_assistant' | null;
}

const bankEvents = [
  'transaction.created',
  'transaction.settled',
  'transaction.amended',
  'transaction.reversed',
] as const;
const transferEvents = ['transfer_completed', 'transfer_failed'] as const;
export type EventType = (typeof bankEvents)[number] | (typeof transferEvents)[number];

interface LoggedEvent {
  readonly seq: number;
  readonly event_id: string;
  readonly account_id: string;
  readonly at: string;
}

export interface BankEvent extends LoggedEvent {
  readonly type: (typeof bankEvents)[number];
  readonly transaction_id: string;
  readonly recovered: boolean;
  readonly amount_minor: number;
  readonly currency: string;
  readonly merchant: string | null;
  readonly description: string;
}

export interface TransferEvent extends LoggedEvent {
  readonly type: (typeof transferEvents)[number];
  readonly transfer_id: string;
}

export type AnyEvent = BankEvent | TransferEvent;

export interface EventPage extends Page<AnyEvent> {
  readonly sinks: readonly Sink[];
}

const logged = { seq: whole, event_id: text, account_id: text, at: text } as const;
const isBankEvent = shape<BankEvent>({
  ...logged,
  type: oneOf(bankEvents),
  transaction_id: text,
  recovered: flag,
  amount_minor: whole,
  currency: text,
  merchant: orNull(text),
  description: text,
});
const isTransferEvent = shape<TransferEvent>({ ...logged, type: oneOf(transferEvents), transfer_id: text });
const isEvent: Guard<AnyEvent> = (value): value is AnyEvent => isBankEvent(value) || isTransferEvent(value);

const isSink = shape<Sink>({
  name: text,
  cursor: whole,
  undelivered: whole,
  unproven: whole,
  parked_count: whole,
  parked: listOf(shape<Parked>({ seq: whole, event_id: text, at: text, why: text })),
  state: isHealthState,
  sentence: orNull(text),
  waits_for: orNull(oneOf(['home_assistant'])),
});
const isEventPage = shape<EventPage>({ items: listOf(isEvent), next: orNull(text), sinks: listOf(isSink) });

/** The newest events, or those before a place in the log; the newest first. */
export function events(
  call: Call,
  { cursor = String(Number.MAX_SAFE_INTEGER), limit }: Portion,
  signal?: AbortSignal,
): Promise<EventPage> {
  const query = queryOf({ before: cursor, limit });
  return call(`api/events${query}`, { answer: isEventPage, ...(signal && { signal }) });
}

/** Sends what was put aside once more: one event, or all of them. */
export async function retry(
  call: Call,
  which: { readonly event_id?: string; readonly sink: string },
): Promise<void> {
  await call('api/events/retry', { method: 'POST', body: which, answer: anything });
}

const isPresence = shape<{ readonly home_assistant: 'never_seen' | 'seen' | 'gone' }>({
  home_assistant: oneOf(['never_seen', 'seen', 'gone']),
});

/** Whether there is, or was, a Home Assistant that events are meant for. */
export async function knowsHomeAssistant(call: Call, signal: AbortSignal): Promise<boolean> {
  const presence = await call('api/home-assistant/presence', { answer: isPresence, signal });
  return presence.home_assistant !== 'never_seen';
}

/** Home Assistant is not coming back: nothing is kept for it any longer. */
export async function homeAssistantGone(call: Call): Promise<void> {
  await call('api/home-assistant/gone', { method: 'POST', answer: anything });
}

/** Stops every move of money, or lets them go on. */
export async function setPause(call: Call, isPaused: boolean): Promise<void> {
  await call(`api/commands/${isPaused ? 'pause' : 'resume'}`, { method: 'POST', body: {}, answer: anything });
}

export interface BankActivity {
  readonly since: string;
  readonly logins: readonly LoginActivity[];
  readonly doorbells: {
    readonly rings: number;
    readonly last_ring: string | null;
    readonly awaited: number;
    readonly unconfirmed: number;
  };
  readonly calls: readonly {
    readonly method: string;
    readonly path: string;
    readonly outcome: string;
    readonly count: number;
  }[];
  readonly ledger: { readonly transactions: number; readonly bytes: number };
}

export interface LoginActivity {
  readonly id: string;
  readonly name: string;
  readonly state: LoginState;
  readonly calls: { readonly total: number; readonly last_hour: number; readonly last_day: number };
  readonly budget: { readonly available: number; readonly capacity: number };
  readonly paused_until: string | null;
  readonly bank: 'ok' | 'trying' | 'down';
  readonly last_answer: string | null;
}

const isBankActivity = shape<BankActivity>({
  since: text,
  logins: listOf(
    shape<LoginActivity>({
      id: text,
      name: text,
      state: oneOf(loginStates),
      calls: shape({ total: whole, last_hour: whole, last_day: whole }),
      budget: shape({ available: number, capacity: number }),
      paused_until: orNull(text),
      bank: oneOf(['ok', 'trying', 'down']),
      last_answer: orNull(text),
    }),
  ),
  doorbells: shape({ rings: whole, last_ring: orNull(text), awaited: whole, unconfirmed: whole }),
  calls: listOf(shape({ method: text, path: text, outcome: text, count: whole })),
  ledger: shape({ transactions: whole, bytes: whole }),
});

export function bankActivity(call: Call, signal: AbortSignal): Promise<BankActivity> {
  return call('api/activity', { answer: isBankActivity, signal });
}
