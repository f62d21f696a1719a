import type { HeldTransaction, Knowledge } from '../domain/fold.ts';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { saveBalanceDays } from './balance-days.ts';
import { createBookRules, ownAccounts, reviseSome, reviseTransfers } from './bookkeeping.ts';
import { forgetAccount, forgetLogin, forgetSome, type Forgetting } from './forgetting.ts';
import { readReadings, readingParts, writeReadings } from './readings.ts';
import { integer, integerOrNull, text } from './row.ts';
import { readTransaction, reversed, saveTransaction, type BookRules } from './transaction-rows.ts';

/** A transaction that is not final yet. */
export interface PendingTransaction {
  readonly id: string;
  readonly accountId: string;
  readonly created: Instant;
  readonly seenAt: Instant;
}

/** All we know of the bank, on disk; what searches, adds up or lists is asked of the reader instead. */
export interface Ledger {
  /** Everything but the transactions. */
  household(): Knowledge;
  /** Those of the transactions that are held, by id. */
  held(ids: Iterable<string>): ReadonlyMap<string, HeldTransaction>;
  /** Writes what differs by reference between the two, all or nothing; transactions that `after` lacks stay. */
  save(before: Knowledge, after: Knowledge): void;
  /** The oldest first. */
  pending(): readonly PendingTransaction[];
  /** Null while the account has none. */
  newestCreated(accountId: string): Instant | null;
  /** Reads every row: not for a program that must answer a doorbell. */
  count(accountId?: string): number;
  byId(id: string): HeldTransaction | undefined;
  /** How a pot transfer of ours is recognised: Monzo puts the user's id in front of the id we gave. */
  withExternalIdEnding(suffix: string): readonly HeldTransaction[];
  /** Judges so many older rows anew whose day or flow follows from rules that have changed; false once all are done. */
  reviseSome(limit: number): boolean;
  /** Deletes at most so many rows of what `forgetAccount` deletes; false once nothing is left of the history. */
  forgetSome(accountId: string, limit: number): boolean;
  /** Deletes readings and history of an account and the payloads of its events; the events' ids stay for ever. */
  forgetAccount(accountId: string): void;
  /**
   * Deletes what a login read. Accounts that no other login sees lose their readings and, unless history is kept,
   * everything (`forgetAccount`). Returns those accounts' ids. Reads what is stored, so it comes before the saving
   * of a Knowledge that has already lost the login.
   */
  forgetLogin(loginId: string, forgetting: Forgetting): readonly string[];
}

/** `timeZone` decides on which day a transaction falls. */
export function createLedger(database: Database, timeZone: string): Ledger {
  const rulesFor = createBookRules(timeZone);
  return {
    household: () => household(database),
    held: (ids) => held(database, ids),
    save: (before, after) => {
      if (before !== after)
        database.atomically(() => save(database, rulesFor(after.eventsSince), { before, after }));
    },
    ...lookups(database),
    reviseSome: (limit) => reviseSome(database, { timeZone, limit, rules: rulesFor(ownAccounts(database)) }),
    forgetSome: (accountId, limit) => forgetSome(database, accountId, limit),
    forgetAccount: (accountId) =>
      database.atomically(() => {
        forgetAccount(database, accountId);
        reviseTransfers(database, rulesFor(ownAccounts(database)), [accountId]);
      }),
    forgetLogin: (loginId, forgetting) =>
      database.atomically(() => {
        const orphans = forgetLogin(database, loginId, forgetting);
        if (!forgetting.keepHistory) reviseTransfers(database, rulesFor(ownAccounts(database)), orphans);
        return orphans;
      }),
  };
}

function household(database: Database): Knowledge {
  const since = database.all(
    'SELECT account_id, since FROM events_since',
    [],
    (row) => [text(row, 'account_id'), integer(row, 'since')] as const,
  );
  return {
    accounts: readReadings(database, 'accounts'),
    balances: readReadings(database, 'balances'),
    pots: readReadings(database, 'pots'),
    eventsSince: new Map(since),
    transactions: new Map(),
  };
}

function held(database: Database, ids: Iterable<string>): ReadonlyMap<string, HeldTransaction> {
  const found = new Map<string, HeldTransaction>();
  for (const id of ids) {
    const row = byId(database, id);
    if (row) found.set(id, row);
  }
  return found;
}

function byId(database: Database, id: string): HeldTransaction | undefined {
  return database.get('SELECT * FROM bank_transaction WHERE id = ?', [id], readTransaction);
}

function lookups(
  database: Database,
): Pick<Ledger, 'pending' | 'newestCreated' | 'count' | 'byId' | 'withExternalIdEnding'> {
  return {
    pending: () =>
      database.all(
        `SELECT id, account_id, created, seen_at FROM bank_transaction WHERE status = 'pending' ORDER BY created`,
        [],
        (row) => ({
          id: text(row, 'id'),
          accountId: text(row, 'account_id'),
          created: integer(row, 'created'),
          seenAt: integer(row, 'seen_at'),
        }),
      ),
    newestCreated: (accountId) => {
      const sql = 'SELECT max(created) AS newest FROM bank_transaction WHERE account_id = ?';
      return database.get(sql, [accountId], (row) => integerOrNull(row, 'newest')) ?? null;
    },
    count: (accountId) => {
      const sql = 'SELECT count(*) AS count FROM bank_transaction';
      const counted =
        accountId === undefined
          ? database.get(sql, [], (row) => integer(row, 'count'))
          : database.get(`${sql} WHERE account_id = ?`, [accountId], (row) => integer(row, 'count'));
      return counted ?? 0;
    },
    byId: (id) => byId(database, id),
    withExternalIdEnding: (suffix) => {
      if (suffix === '') return [];
      const start = reversed(suffix);
      const sql =
        'SELECT * FROM bank_transaction WHERE external_id_reversed >= ? AND external_id_reversed < ? ORDER BY created, id';
      return database.all(sql, [start, `${start}\u{10ffff}`], readTransaction);
    },
  };
}

interface Step {
  readonly before: Knowledge;
  readonly after: Knowledge;
}

function save(database: Database, rules: BookRules, { before, after }: Step): void {
  for (const part of readingParts) {
    if (before[part] !== after[part])
      writeReadings(database, part, { before: before[part], after: after[part] });
  }
  saveBalanceDays(database, rules.dayOf, { before, after });
  if (before.eventsSince !== after.eventsSince) {
    saveEventsSince(database, before, after);
    const changed = new Set(before.eventsSince.keys()).symmetricDifference(new Set(after.eventsSince.keys()));
    reviseTransfers(database, rules, changed);
  }
  if (before.transactions === after.transactions) return;
  for (const [id, transaction] of after.transactions) {
    if (before.transactions.get(id) !== transaction) saveTransaction(database, transaction, rules);
  }
}

function saveEventsSince(database: Database, before: Knowledge, after: Knowledge): void {
  for (const [accountId, since] of after.eventsSince) {
    if (before.eventsSince.get(accountId) === since) continue;
    const sql =
      'INSERT INTO events_since (account_id, since) VALUES (?, ?) ON CONFLICT DO UPDATE SET since = excluded.since';
    database.run(sql, [accountId, since]);
  }
  for (const accountId of before.eventsSince.keys()) {
    if (after.eventsSince.has(accountId)) continue;
    database.run('DELETE FROM events_since WHERE account_id = ?', [accountId]);
  }
}
