import { createHash } from 'node:crypto';
import { afterList, type Absences, type ListedRows } from './absence.ts';
import { totalBalance, type Account, type Balance, type Pot, type Reading } from './account.ts';
import {
  completedAccounts,
  completedBalance,
  completedPots,
  unread,
  unreadSince,
  type SeenBalance,
  type Sighting,
} from './sighting.ts';
import { lateAfter, type BankEvent, type EventType } from './event.ts';
import { afterSight, changesBetween, isFinal, type HeldTransaction } from './held-transaction.ts';
import { comparedFields, kindOf, type Transaction } from './transaction.ts';
import type { Monotonic } from '../clock.ts';
import { compareText, type Instant } from './values.ts';

/**
 * Something learnt from the bank, with the time of the answer. Whether a doorbell, the schedule or a command caused it,
 * every observation goes through `fold`.
 */
export type Observation =
  | AccountsListed
  | BalanceRead
  | PartUnread
  | PotsListed
  | TransactionsSeen
  | TransactionGone;

/** The complete list of accounts that one login may see. */
export interface AccountsListed {
  readonly kind: 'accounts';
  readonly at: Instant;
  readonly loginId: string;
  readonly list: ListedRows<Sighting<Account>>;
}

export interface BalanceRead {
  readonly kind: 'balance';
  readonly at: Instant;
  /** When it was asked for. */
  readonly askedAt: Monotonic;
  readonly accountId: string;
  readonly balance: SeenBalance;
}

/** The bank refused to show an account's balance or pots, or answered in a format that could not be read. */
export interface PartUnread {
  readonly kind: 'unread';
  readonly part: 'balance' | 'pots';
  readonly at: Instant;
  readonly accountId: string;
}

/** The complete list of an account's pots, deleted ones included. */
export interface PotsListed {
  readonly kind: 'pots';
  readonly at: Instant;
  readonly accountId: string;
  readonly list: ListedRows<Sighting<Pot>>;
}

/** Some of an account's transactions: one page of a list, or one row requested by id. */
export interface TransactionsSeen {
  readonly kind: 'transactions';
  readonly at: Instant;
  /** Who saw them: the owners of a joint account may each have categories and notes of their own. */
  readonly loginId: string;
  readonly accountId: string;
  readonly transactions: readonly Transaction[];
}

/** The bank no longer finds a stored transaction by its id: the card authorisation was dropped. */
export interface TransactionGone {
  readonly kind: 'transaction_gone';
  readonly at: Instant;
  /** The account it was requested for: a login that may not see an account is told that its rows do not exist. */
  readonly accountId: string;
  readonly transactionId: string;
}

/**
 * Everything known of the bank. Accounts, balances and pots are always complete; of the transactions, only those in the
 * observations at hand are needed.
 */
export interface Knowledge {
  /** The accounts that each login may see, missing ones included. */
  readonly accounts: ReadonlyMap<string, Reading<readonly Account[]>>;
  readonly balances: ReadonlyMap<string, Reading<Balance>>;
  readonly pots: ReadonlyMap<string, Reading<readonly Pot[]>>;
  /** What the last lists left out, by login (accounts) and by account (pots). Never stored: it begins anew at a start. */
  readonly missing: Readonly<Record<ListPart, ReadonlyMap<string, Absences>>>;
  /** From when on an account's new transactions are events; set once, never changed. */
  readonly eventsSince: ReadonlyMap<string, Instant>;
  /** What the entity ids of shown accounts and pots are made of; given once, never changed. */
  readonly slugs: ReadonlyMap<string, string>;
  readonly transactions: ReadonlyMap<string, HeldTransaction>;
}

type ListPart = 'accounts' | 'pots';

export const nothingMissing: Knowledge['missing'] = { accounts: new Map(), pots: new Map() };
/** No two answers cross by more than this, in milliseconds: a call waits for its turn and takes twenty seconds at most. */
const mostCrossed = 60_000;

export interface Folded {
  readonly next: Knowledge;
  readonly events: readonly BankEvent[];
}

export const nothingKnown: Knowledge = {
  accounts: new Map(),
  balances: new Map(),
  pots: new Map(),
  missing: nothingMissing,
  eventsSince: new Map(),
  slugs: new Map(),
  transactions: new Map(),
};

type Folds = {
  readonly [Kind in Observation['kind']]: (
    current: Knowledge,
    observation: Extract<Observation, { kind: Kind }>,
  ) => Folded;
};

const folds: Folds = {
  accounts: (current, { loginId, at, list }) =>
    withList(current, 'accounts', {
      key: loginId,
      at,
      list: completedAccounts(current, loginId, list),
      isOpen: ({ closed }) => !closed,
    }),
  balance: (current, { accountId, at, balance }) =>
    withReading(current, 'balances', {
      key: accountId,
      at,
      value: completedBalance(current, accountId, { at, value: balance }),
    }),
  unread: (current, { part, accountId, at }) => {
    const key = part === 'pots' ? 'pots' : 'balances';
    const held = current[key].get(accountId);
    if (!held || isLater(held.at, at)) return unchanged(current);
    const value = unreadSince(held);
    if (value === held.value) return unchanged(current);
    const marked = new Map<string, Reading<unknown>>(current[key]).set(accountId, { ...held, value });
    return { next: { ...current, [key]: marked }, events: [] };
  },
  pots: (current, { accountId, at, list }) =>
    withList(current, 'pots', {
      key: accountId,
      at,
      list: completedPots(current, accountId, list),
      isOpen: ({ deleted }) => !deleted,
    }),
  transactions: foldTransactions,
  transaction_gone: (current, { transactionId, accountId, at }) => {
    const held = current.transactions.get(transactionId);
    if (held?.transaction.accountId !== accountId) return unchanged(current);
    if (isFinal(held) || held.seenAt > at) return unchanged(current);
    const gone: HeldTransaction = { ...held, status: 'reversed', seenAt: at };
    return {
      next: { ...current, transactions: withEntry(current.transactions, transactionId, gone) },
      events: [eventOf('transaction.reversed', gone.transaction, { at, current, before: held.transaction })],
    };
  },
};

/**
 * Returns what is known after an observation, and the events that follow. Pure. An observation without news, or one
 * older than what is known, returns the same reference.
 */
export function fold(current: Knowledge, observation: Observation): Folded {
  const foldKind = folds[observation.kind] as (current: Knowledge, observation: Observation) => Folded;
  return foldKind(current, observation);
}

function unchanged(current: Knowledge): Folded {
  return { next: current, events: [] };
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

interface NewReading<T> extends Reading<T> {
  readonly key: string;
}

/**
 * What is held counts against an answer that was asked for earlier. If it is dated so far ahead that no two answers can
 * have crossed, then it was dated by a clock that has been put right since, and the new answer counts.
 */
function isLater(heldAt: Instant, at: Instant): boolean {
  return heldAt > at && heldAt - at <= mostCrossed;
}

/**
 * The row as it counts for an answer that was asked for at this instant: one that seems to have been seen far later was
 * seen by a clock that was ahead.
 */
export function heldBefore(at: Instant, held: HeldTransaction): HeldTransaction {
  return held.seenAt - at <= mostCrossed ? held : { ...held, seenAt: at - 1 };
}

/** The later reading counts; of two at one instant, the one with the greater text, so that their order does not matter. */
function withReading<Part extends 'accounts' | 'balances' | 'pots'>(
  current: Knowledge,
  part: Part,
  { key, at, value }: NewReading<ReadingOf<Part>>,
): Folded {
  const readings = current[part] as ReadonlyMap<string, Reading<ReadingOf<Part>>>;
  const held = readings.get(key);
  if (held && (isLater(held.at, at) || (held.at === at && textOf(held.value) >= textOf(value))))
    return unchanged(current);
  const kept = held && textOf(held.value) === textOf(value) ? held.value : value;
  return { next: { ...current, [part]: withEntry(readings, key, { at, value: kept }) }, events: [] };
}

type ReadingOf<Part extends 'accounts' | 'balances' | 'pots'> =
  Knowledge[Part] extends ReadonlyMap<string, Reading<infer Value>> ? Value : never;

function textOf(value: unknown): string {
  return JSON.stringify(value);
}

interface RowOf {
  readonly accounts: Account;
  readonly pots: Pot;
}

interface NewList<Row> {
  readonly key: string;
  readonly at: Instant;
  readonly list: ListedRows<Row>;
  readonly isOpen: (row: Row) => boolean;
}

/**
 * What a list leaves out stays until it is proven to be gone. The rows are sorted, because the bank's order is arbitrary
 * and equal lists must compare as equal.
 */
function withList<Part extends ListPart>(
  current: Knowledge,
  part: Part,
  { key, at, list, isOpen }: NewList<RowOf[Part]>,
): Folded {
  const reading = current[part].get(key);
  const rows = (reading?.value ?? []) as readonly RowOf[Part][];
  const before: Absences = current.missing[part].get(key) ?? new Map();
  const known = afterList({ rows, absences: before, isOpen }, list);
  const shown = new Set(list.rows.map(({ id }) => id));
  const isKnown = ({ id }: Created) => shown.has(id) || known.absences.has(id);
  const marked = known.rows.map((row) => (isKnown(row) ? row : unread(row, reading)));
  const value = marked.toSorted(byCreation) as readonly unknown[] as ReadingOf<Part>;
  const { next } = withReading(current, part, { key, at, value });
  if (next === current || (known.absences.size === 0 && before.size === 0)) return { next, events: [] };
  const missing = { ...current.missing, [part]: withEntry(current.missing[part], key, known.absences) };
  return { next: { ...next, missing }, events: [] };
}

function foldTransactions(current: Knowledge, { at, loginId, transactions }: TransactionsSeen): Folded {
  const changed = new Map<string, HeldTransaction>();
  const events: BankEvent[] = [];
  for (const seen of transactions.toSorted(byCreation)) {
    const held = changed.get(seen.id) ?? current.transactions.get(seen.id);
    const next = afterSight(held, seen, { at, loginId });
    if (next === held) continue;
    changed.set(seen.id, next);
    const context = { at, current, before: held?.transaction };
    events.push(...changesBetween(held, next).map((type) => eventOf(type, seen, context)));
  }
  if (changed.size === 0) return unchanged(current);
  const next = { ...current, transactions: new Map([...current.transactions, ...changed]) };
  return { next, events: events.filter((event) => isWanted(event, current)) };
}

interface Created {
  readonly id: string;
  readonly created: Instant;
}

function byCreation(a: Created, b: Created): number {
  return a.created - b.created || compareText(a.id, b.id);
}

function isWanted(event: BankEvent, { eventsSince }: Knowledge): boolean {
  if (event.type !== 'transaction.created') return true;
  const since = eventsSince.get(event.accountId);
  return since !== undefined && event.transaction.created >= since;
}

interface EventContext {
  readonly at: Instant;
  readonly current: Knowledge;
  /** The row as it was before; undefined for a new one. */
  readonly before: Transaction | undefined;
}

function eventOf(type: EventType, transaction: Transaction, context: EventContext): BankEvent {
  const { accountId } = transaction;
  const { at, current } = context;
  const delay = Math.max(0, at - happenedAt[type](transaction, context));
  return {
    id: eventId(type, transaction),
    type,
    kind: kindOf(transaction),
    previousKind: type === 'transaction.amended' ? checkedBefore(transaction, context) : null,
    accountId,
    transactionId: transaction.id,
    at,
    recovered: delay > lateAfter,
    delay,
    ...balancesAfter({ accountId, at, transaction }, current),
    transaction,
  };
}

const happenedAt: Readonly<Record<EventType, (transaction: Transaction, context: EventContext) => Instant>> =
  {
    'transaction.created': ({ created }) => created,
    'transaction.amended': (transaction, context) => changedAt(transaction, context) ?? context.at,
    'transaction.settled': (transaction, context) => {
      const times = [changedAt(transaction, context), transaction.settles].filter((time) => time !== null);
      return times.length === 0 ? context.at : Math.min(context.at, Math.max(...times));
    },
    // A transaction that vanished does not say when.
    'transaction.reversed': (transaction, context) =>
      (transaction.amount === 0 ? changedAt(transaction, context) : null) ?? context.at,
  };

/** When the bank says that it changed a row; null where the date that it gives has not moved on, or has not come yet. */
function changedAt({ updated }: Transaction, { at, before }: EventContext): Instant | null {
  return before !== undefined && updated > before.updated && updated <= at ? updated : null;
}

/** Our clock may be behind the bank's by so much: its `Date` is cut to the second, so that no less is noticed. */
const clocksDiffer = 2_000;

/** Whether an answer that was asked for at one instant of ours can include what happened at one of the bank's. */
export function isReadAfter(at: Instant, happened: Instant): boolean {
  return happened - at <= clocksDiffer;
}

/** None if the balance was read before the transaction took place, or was seen, and so does not include it. */
export function balancesAfter(
  { accountId, at, transaction }: Pick<BankEvent, 'accountId' | 'at' | 'transaction'>,
  current: Knowledge,
) {
  const reading = current.balances.get(accountId);
  // A transaction may be dated ahead of its first sight.
  if (!reading || !isReadAfter(reading.at, Math.min(transaction.created, at)))
    return { balance: null, totalBalance: null };
  const pots = current.pots.get(accountId)?.value ?? [];
  return { balance: reading.value.balance, totalBalance: totalBalance(reading.value, pots) };
}

function eventId(type: EventType, transaction: Transaction): string {
  const name = type.slice('transaction.'.length);
  if (type !== 'transaction.amended') return `${transaction.id}:${name}`;
  const hash = createHash('sha256').update(comparedFields(transaction)).digest('hex').slice(0, 16);
  return `${transaction.id}:${name}:${hash}`;
}

/** A shop may charge a check of the card on the same row: until then nobody bought anything. */
function checkedBefore({ amount }: Transaction, { before }: EventContext): BankEvent['previousKind'] {
  return before !== undefined && amount !== 0 && kindOf(before) === 'card_check' ? 'card_check' : null;
}
