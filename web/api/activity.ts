import type { AddressTestItem, BankPositionsList } from '../../src/contract/bank-data.ts';
import type { ActivityItem, ChecksItem } from '../../src/contract/bridge-data.ts';
import type {
  BankEventItem,
  EventList,
  RetryChoice,
  SinkItem,
  TransferEventItem,
} from '../../src/contract/event-data.ts';
import type { PresenceItem } from '../../src/contract/home-assistant-data.ts';
import { queryOf, type Call, type Portion } from './client.ts';
import { isHealthState, isLoginState } from './contract.ts';
import {
  anything,
  every,
  flag,
  listOf,
  number,
  oneOf,
  orNull,
  partOf,
  text,
  whole,
  type Guard,
  type Guarded,
} from './guards.ts';

/** What the bridge does: the events and how far each sink has come, and its calls to the bank. */

const logged = { seq: whole, event_id: text, account_id: text, at: text } as const;
const isBankEvent = partOf<BankEventItem>()({
  ...logged,
  type: oneOf(
    every<BankEventItem['type']>({
      'transaction.created': true,
      'transaction.settled': true,
      'transaction.amended': true,
      'transaction.reversed': true,
    }),
  ),
  transaction_id: text,
  recovered: flag,
  amount_minor: whole,
  currency: text,
  merchant: orNull(text),
  description: text,
});
const isTransferEvent = partOf<TransferEventItem>()({
  ...logged,
  type: oneOf(every<TransferEventItem['type']>({ transfer_completed: true, transfer_failed: true })),
  transfer_id: text,
});
const isEvent: Guard<AnyEvent> = (value): value is AnyEvent => isBankEvent(value) || isTransferEvent(value);

const isSink = partOf<SinkItem>()({
  name: text,
  cursor: whole,
  undelivered: whole,
  unproven: whole,
  parked_count: whole,
  parked: listOf(partOf<SinkItem['parked'][number]>()({ seq: whole, event_id: text, at: text, why: text })),
  state: isHealthState,
  sentence: orNull(text),
  waits_for: orNull(oneOf(['home_assistant'])),
});
const isEventPage = partOf<EventList>()({
  items: listOf(isEvent),
  next: orNull(text),
  sinks: listOf(isSink),
});

export type BankEvent = Guarded<typeof isBankEvent>;
export type TransferEvent = Guarded<typeof isTransferEvent>;
export type AnyEvent = BankEvent | TransferEvent;
export type EventType = AnyEvent['type'];
export type Sink = Guarded<typeof isSink>;
export type Parked = Sink['parked'][number];
export type EventPage = Guarded<typeof isEventPage>;

/** The newest events, or those before a place in the log; the newest first. */
export function events(
  call: Call,
  { cursor = String(Number.MAX_SAFE_INTEGER), limit }: Portion,
  signal?: AbortSignal,
): Promise<EventPage> {
  const query = queryOf({ before: cursor, limit });
  return call(`api/events${query}`, { answer: isEventPage, ...(signal && { signal }) });
}

/** Sends events again that were put aside: one, or all of a sink. */
export async function retry(call: Call, which: RetryChoice): Promise<void> {
  await call('api/events/retry', { method: 'POST', body: which, answer: anything });
}

const isPresence = partOf<PresenceItem>()({
  home_assistant: oneOf(every<PresenceItem['home_assistant']>({ never_seen: true, seen: true, gone: true })),
});

/** Whether the bridge has ever seen a Home Assistant that is to receive events. */
export async function knowsHomeAssistant(call: Call, signal: AbortSignal): Promise<boolean> {
  const presence = await call('api/home-assistant/presence', { answer: isPresence, signal });
  return presence.home_assistant !== 'never_seen';
}

/** Says that Home Assistant is not coming back: no events are kept for it any longer. */
export async function homeAssistantGone(call: Call): Promise<void> {
  await call('api/home-assistant/gone', { method: 'POST', answer: anything });
}

/** Pauses all moves of money, or resumes them. */
export async function setPause(call: Call, isPaused: boolean): Promise<void> {
  await call(`api/commands/${isPaused ? 'pause' : 'resume'}`, { method: 'POST', body: {}, answer: anything });
}

const isAddressTest = partOf<AddressTestItem>()({
  outcome: oneOf(
    every<AddressTestItem['outcome']>({
      reached: true,
      reached_inside: true,
      answer_lost: true,
      other_answer: true,
      no_answer: true,
      home_assistant_away: true,
      no_address: true,
      no_account: true,
    }),
  ),
  sentence: text,
});

export type AddressTest = Guarded<typeof isAddressTest>;

/** Has the bridge call its own webhook, and says whether the call arrives. */
export function testAddress(call: Call): Promise<AddressTest> {
  return call('api/webhooks/test', { method: 'POST', answer: isAddressTest });
}

const isCheck = partOf<ChecksItem['checks'][number]>()({
  check: oneOf(
    every<ChecksItem['checks'][number]['check']>({
      settings: true,
      data_directory: true,
      admin_token: true,
      database: true,
      secret_key: true,
      process: true,
      clock: true,
      bank: true,
      supervisor: true,
      broker: true,
      home_assistant: true,
      events: true,
      page: true,
      public_address: true,
      login: true,
      accounts: true,
      webhooks: true,
      rails: true,
    }),
  ),
  about: orNull(text),
  state: oneOf(
    every<ChecksItem['checks'][number]['state']>({
      ok: true,
      degraded: true,
      needs_user: true,
      down: true,
      unknown: true,
    }),
  ),
  sentence: text,
});
const isChecks = partOf<ChecksItem>()({ checks: listOf(isCheck) });

export type Check = Guarded<typeof isCheck>;

/** Has the bridge look at everything now, in order. */
export async function checkEverything(call: Call): Promise<readonly Check[]> {
  return (await call('api/checks', { method: 'POST', answer: isChecks })).checks;
}

const isLoginActivity = partOf<ActivityItem['logins'][number]>()({
  id: text,
  name: text,
  state: isLoginState,
  calls: partOf<ActivityItem['logins'][number]['calls']>()({
    total: whole,
    last_hour: whole,
    last_day: whole,
  }),
  budget: partOf<ActivityItem['logins'][number]['budget']>()({ available: number, capacity: number }),
  paused_until: orNull(text),
  bank: oneOf(every<ActivityItem['logins'][number]['bank']>({ ok: true, trying: true, down: true })),
  last_answer: orNull(text),
});

const isBankActivity = partOf<ActivityItem>()({
  since: text,
  logins: listOf(isLoginActivity),
  doorbells: partOf<ActivityItem['doorbells']>()({
    rings: whole,
    last_ring: orNull(text),
    awaited: whole,
    unconfirmed: whole,
  }),
  calls: listOf(
    partOf<ActivityItem['calls'][number]>()({ method: text, path: text, outcome: text, count: whole }),
  ),
  ledger: partOf<ActivityItem['ledger']>()({ transactions: whole, bytes: whole }),
});

export type LoginActivity = Guarded<typeof isLoginActivity>;
export type BankActivity = Guarded<typeof isBankActivity>;

export function bankActivity(call: Call, signal: AbortSignal): Promise<BankActivity> {
  return call('api/activity', { answer: isBankActivity, signal });
}

const isPosition = partOf<BankPositionsList['items'][number]['positions'][number]>()({
  position: text,
  first_seen: text,
});
const isBankPositions = partOf<BankPositionsList>()({
  items: listOf(partOf<BankPositionsList['items'][number]>()({ asks: text, positions: listOf(isPosition) })),
});

export type BankPositions = Guarded<typeof isBankPositions>;

/** How Monzo was seen to behave where no source says it. */
export function bankPositions(call: Call, signal: AbortSignal): Promise<BankPositions> {
  return call('api/bank-positions', { answer: isBankPositions, signal });
}
