import {
  balanceHistory,
  knownFrom,
  sumOfBalances,
  type BalanceHistory,
  type BalancePoint,
  type DayReading,
} from '../domain/balances.ts';
import type { Balance, Pot, Reading } from '../domain/account.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import { shownNames } from '../domain/view.ts';
import type { Database } from './database.ts';
import { integer, json, text } from './rows.ts';

/** The three kinds of readings, and the prefixes of their subjects on disk. */
const prefixes = { accounts: 'accounts/', balances: 'balance/', pots: 'pots/' } as const;

export type ReadingPart = keyof typeof prefixes;

export const readingParts: readonly ReadingPart[] = ['accounts', 'balances', 'pots'];

/** The stored readings of one kind, by login id (accounts) or account id (balances, pots). */
export function readReadings<Part extends ReadingPart>(database: Database, part: Part): Knowledge[Part] {
  const prefix = prefixes[part];
  const readings = database.all(
    'SELECT subject, at, value FROM reading WHERE substr(subject, 1, ?) = ? ORDER BY subject',
    [prefix.length, prefix],
    (row) =>
      [
        text(row, 'subject').slice(prefix.length),
        { at: integer(row, 'at'), value: json(row, 'value') },
      ] as const,
  );
  return new Map(readings) as ReadonlyMap<string, Reading<unknown>> as Knowledge[Part];
}

type AnyReadings = ReadonlyMap<string, Reading<unknown>>;

/** Writes the readings that differ by reference, and deletes those that are missing from `after`. */
export function writeReadings(
  database: Database,
  part: ReadingPart,
  { before, after }: { readonly before: AnyReadings; readonly after: AnyReadings },
): void {
  for (const [key, reading] of after) {
    if (before.get(key) === reading) continue;
    const sql =
      'INSERT INTO reading (subject, at, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at, value = excluded.value';
    database.run(sql, [prefixes[part] + key, reading.at, JSON.stringify(reading.value)]);
  }
  for (const key of before.keys()) {
    if (!after.has(key)) deleteReading(database, part, key);
  }
}

export function deleteReading(database: Database, part: ReadingPart, key: string): void {
  database.run('DELETE FROM reading WHERE subject = ?', [prefixes[part] + key]);
}

/** What the entity ids of accounts and pots are made of, by id. */
export function readSlugs(database: Database): Knowledge['slugs'] {
  const rows = database.all(
    'SELECT id, slug FROM slug',
    [],
    (row) => [text(row, 'id'), text(row, 'slug')] as const,
  );
  return new Map(rows);
}

/** Stores those that are new. */
export function saveSlugs(database: Database, slugs: Knowledge['slugs']): void {
  for (const [id, slug] of slugs)
    database.run('INSERT INTO slug (id, slug) VALUES (?, ?) ON CONFLICT DO NOTHING', [id, slug]);
}

/** Stores the names of accounts and pots, which stay when Monzo shows them no more. */
export function saveNames(database: Database, before: Knowledge, after: Knowledge): void {
  const sql = `INSERT INTO kept_name (id, account_id, name) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name WHERE name <> excluded.name`;
  if (before.accounts !== after.accounts)
    for (const [id, name] of shownNames(after)) database.run(sql, [id, id, name]);
  if (before.pots === after.pots) return;
  for (const [key, reading] of after.pots) {
    const names = new Map(before.pots.get(key)?.value.map((pot) => [pot.id, pot.name]));
    for (const { id, accountId, name } of reading.value)
      if (name.trim() !== '' && names.get(id) !== name) database.run(sql, [id, accountId, name]);
  }
}

/** Deletes those of an account and its pots; call it while the pots' reading is still there. */
export function deleteSlugs(database: Database, accountId: string): void {
  const pots = readReadings(database, 'pots').get(accountId)?.value ?? [];
  for (const id of [accountId, ...pots.map((pot) => pot.id)])
    database.run('DELETE FROM slug WHERE id = ?', [id]);
}

/** The last reading of an account's or pot's balance on one day, in minor units. */
interface BalanceDay {
  readonly subject: string;
  readonly accountId: string;
  readonly at: Instant;
  readonly balance: Minor;
  readonly currency: Currency;
}

type DayOf = (at: Instant) => string;

const savingBalanceDay = `
INSERT INTO balance_day (subject, day, account_id, at, balance, currency) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET at = excluded.at, balance = excluded.balance, currency = excluded.currency
  WHERE excluded.at >= at`;

/** Stores new readings as the last of their day. */
export function saveBalanceDays(
  database: Database,
  dayOf: DayOf,
  { before, after }: { readonly before: Knowledge; readonly after: Knowledge },
): void {
  for (const [accountId, reading] of newIn(before.balances, after.balances)) {
    const { balance, currency } = reading.value;
    saveBalanceDay(database, dayOf, { subject: accountId, accountId, at: reading.at, balance, currency });
  }
  for (const [accountId, { at, value }] of newIn(before.pots, after.pots))
    for (const { id, balance, currency, deleted } of value)
      if (!deleted) saveBalanceDay(database, dayOf, { subject: id, accountId, at, balance, currency });
}

/** Assigns the stored readings to days again after the time zone has changed. */
export function renewBalanceDays(database: Database, dayOf: DayOf): void {
  const kept = database.all('SELECT * FROM balance_day ORDER BY at', [], (row) => ({
    subject: text(row, 'subject'),
    accountId: text(row, 'account_id'),
    at: integer(row, 'at'),
    balance: integer(row, 'balance'),
    currency: text(row, 'currency'),
  }));
  database.run('DELETE FROM balance_day');
  for (const reading of kept) saveBalanceDay(database, dayOf, reading);
}

function saveBalanceDay(database: Database, dayOf: DayOf, reading: BalanceDay): void {
  const { subject, accountId, at, balance, currency } = reading;
  database.run(savingBalanceDay, [subject, dayOf(at), accountId, at, balance, currency]);
}

type Readings<T extends Balance | readonly Pot[]> = ReadonlyMap<string, Reading<T>>;

function newIn<T extends Balance | readonly Pot[]>(before: Readings<T>, after: Readings<T>) {
  return [...after].filter(([key, reading]) => before.get(key) !== reading);
}

/** An account or a pot, and the currency of its balance. */
export interface BalanceSubject {
  readonly kind: 'account' | 'pot';
  readonly id: string;
  readonly currency: Currency;
}

export interface BalancesRequest {
  /** The accounts and pots of the series and totals. */
  readonly all: readonly BalanceSubject[];
  /** Local days; `since` inclusive, `before` exclusive. */
  readonly since: string;
  readonly before: string;
}

export interface BalanceSeries {
  readonly subject: BalanceSubject;
  readonly points: readonly BalancePoint[];
}

export interface Balances {
  readonly series: readonly BalanceSeries[];
  /** By currency. */
  readonly totals: readonly BalanceTotal[];
}

export interface BalanceTotal {
  readonly currency: Currency;
  readonly points: readonly BalancePoint[];
  /** What is known only from a later day on, or not at all. */
  readonly incomplete: readonly { readonly subject: BalanceSubject; readonly knownFrom: string | null }[];
}

/**
 * The balances at the end of each local day, of each subject and in total by currency; see `balanceHistory`. The totals
 * include pots that are gone, for as long as they held money.
 */
export function readBalances(database: Database, { all, since, before }: BalancesRequest): Balances {
  const changes = accountChanges(database);
  const historyFor = (subject: BalanceSubject, isGone: boolean) => ({
    subject,
    history: historyOf(database, { subject, isGone }, changes),
  });
  const histories = all.map((subject) => historyFor(subject, false));
  const gone = gonePots(database, all).map((subject) => historyFor(subject, true));
  const within = (points: readonly BalancePoint[]) =>
    points.filter(({ day }) => since <= day && day < before);
  const byCurrency = Map.groupBy([...histories, ...gone], ({ subject }) => subject.currency);
  return {
    series: histories.map(({ subject, history }) => ({ subject, points: within(history.points) })),
    totals: [...byCurrency].map(([currency, those]) => {
      const points = within(sumOfBalances(those.map(({ history }) => history)));
      const first = points[0]?.day ?? since;
      const incomplete = those.flatMap(({ subject, history }) => {
        const from = knownFrom(history);
        return from === undefined || (from !== null && from <= first) ? [] : [{ subject, knownFrom: from }];
      });
      return { currency, points, incomplete };
    }),
  };
}

type Changes = ReadonlyMap<string, Minor>;

interface SubjectThen {
  readonly subject: BalanceSubject;
  readonly isGone: boolean;
}

function historyOf(
  database: Database,
  { subject, isGone }: SubjectThen,
  changesOfAccounts: ReadonlyMap<string, Changes>,
): BalanceHistory {
  const { kind, id, currency } = subject;
  const own = kind === 'pot' ? potChanges(database, id) : changesOfAccounts.get(keyOf(id, currency));
  const changes = own ?? new Map<string, Minor>();
  const read = readings(database, subject);
  return balanceHistory({ readings: isGone ? emptied(read, changes) : read, changes });
}

/** The pots that were read once and are no longer among the subjects, although their accounts are. */
function gonePots(database: Database, all: readonly BalanceSubject[]): readonly BalanceSubject[] {
  const ids = new Set(all.map(({ id }) => id));
  const sql = 'SELECT DISTINCT subject, account_id, currency FROM balance_day WHERE subject <> account_id';
  const pots = database.all(sql, [], (row) => ({
    accountId: text(row, 'account_id'),
    subject: { kind: 'pot', id: text(row, 'subject'), currency: text(row, 'currency') } as const,
  }));
  return pots.flatMap(({ accountId, subject }) =>
    ids.has(accountId) && !ids.has(subject.id) ? [subject] : [],
  );
}

/** A pot that is deleted gives back what it holds, at the latest with its last move. */
function emptied(read: readonly DayReading[], changes: Changes): readonly DayReading[] {
  const last = [...changes.keys(), ...read.map(({ day }) => day)].reduce((a, b) => (a > b ? a : b));
  return [...read.filter(({ day }) => day < last), { day: last, balance: 0, late: 0 }];
}

const keyOf = (accountId: string, currency: Currency) => `${accountId} ${currency}`;

/** The daily change of every account's balance. Rows that moved no money (`flow` none) are left out. */
function accountChanges(database: Database): ReadonlyMap<string, Changes> {
  const sql = `SELECT account_id, currency, day, sum(amount) AS amount FROM day_summary
    WHERE flow <> 'none' GROUP BY account_id, currency, day`;
  const found = new Map<string, Map<string, Minor>>();
  database.all(sql, [], (row) => {
    const key = keyOf(text(row, 'account_id'), text(row, 'currency'));
    const days = found.get(key) ?? new Map<string, Minor>();
    found.set(key, days.set(text(row, 'day'), integer(row, 'amount')));
  });
  return found;
}

/** The account's transactions that moved money into or out of a pot; the amount is the account's, not the pot's. */
const potMoves = `FROM bank_transaction
  WHERE pot_id = ? AND kind IN ('pot_deposit', 'pot_withdrawal') AND flow <> 'none'`;

function potChanges(database: Database, potId: string): Changes {
  const sql = `SELECT day, -sum(amount) AS amount ${potMoves} GROUP BY day`;
  const days = database.all(sql, [potId], (row) => [text(row, 'day'), integer(row, 'amount')] as const);
  return new Map(days);
}

/** The longest local day (25 hours, when the clocks go back) and an hour to spare, in milliseconds. */
const longestDay = 26 * 3_600_000;

/** The sum of what moved after a reading, on the same day. */
const late = {
  account: `SELECT coalesce(sum(amount), 0) FROM bank_transaction WHERE account_id = subject AND flow <> 'none'
    AND currency = balance_day.currency`,
  pot: `SELECT coalesce(-sum(amount), 0) FROM bank_transaction WHERE pot_id = subject AND flow <> 'none'
    AND kind IN ('pot_deposit', 'pot_withdrawal')`,
} as const;

function readings(database: Database, { kind, id, currency }: BalanceSubject) {
  const sql = `SELECT day, balance, (
      ${late[kind]} AND created > at AND created < at + ${longestDay} AND bank_transaction.day = balance_day.day
    ) AS late
    FROM balance_day WHERE subject = ? AND currency = ? ORDER BY day`;
  return database.all(sql, [id, currency], (row) => ({
    day: text(row, 'day'),
    balance: integer(row, 'balance'),
    late: integer(row, 'late'),
  }));
}
