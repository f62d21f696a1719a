import { nothingMissing, type Knowledge } from '../domain/fold.ts';
import type { HeldTransaction } from '../domain/held-transaction.ts';
import type { Instant } from '../domain/values.ts';
import { readSpentSince, type AccountSpending } from './spending-sums.ts';
import { pairCharges } from './charge-pairs.ts';
import type { Database, Row } from './database.ts';
import {
  readingParts,
  readReadings,
  readSlugs,
  saveBalanceDays,
  saveNames,
  saveSlugs,
  writeReadings,
} from './readings.ts';
import {
  createDerivation,
  forgetAccount,
  forgetLogin,
  forgetSome,
  ownAccounts,
  reviseForgotten,
  reviseRepayments,
  reviseSome,
  reviseTransfers,
  type Forgetting,
} from './maintenance.ts';
import {
  integer,
  integerOrNull,
  readTransaction,
  reversed,
  saveTransaction,
  text,
  textOrNull,
} from './rows.ts';

/** A transaction that is not final yet. */
export interface PendingTransaction {
  readonly id: string;
  readonly accountId: string;
  readonly created: Instant;
  readonly seenAt: Instant;
}

/** Everything known of the bank, on disk. Searches, sums and lists are queries of the reader. */
export interface Ledger {
  /** Accounts, balances and pots, without transactions. */
  household(): Knowledge;
  /** The stored ones of these transactions, by id. */
  held(ids: readonly string[]): ReadonlyMap<string, HeldTransaction>;
  /** Writes what differs by reference, in one database transaction. Transactions missing from `after` are kept. */
  save(before: Knowledge, after: Knowledge): void;
  /** Oldest first. */
  pending(): readonly PendingTransaction[];
  /** When the account's newest transaction was created, of those not dated ahead of their first sight; null if it has none. */
  newestCreated(accountId: string): Instant | null;
  /**
   * The row so many before the newest that was created before an instant, or the oldest where there are fewer; of those that
   * the bank has not dropped since and that are not dated ahead of their first sight. Null where there is none.
   */
  rowBefore(
    accountId: string,
    before: Instant,
    rows: number,
  ): Pick<PendingTransaction, 'id' | 'created'> | null;
  /** The ids of those created then or later that the bank has not dropped since. */
  idsSince(accountId: string, since: Instant): readonly string[];
  /** How many were created in a time, its end excluded. */
  countBetween(accountId: string, since: Instant, before: Instant): number;
  /** When the newest of those before an instant was created that the bank has not dropped since; null if there is none. */
  newestBefore(accountId: string, before: Instant): Instant | null;
  /** When the newest transaction but so many was created; null if the account has no more of them. */
  createdBefore(accountId: string, newer: number): Instant | null;
  /** Reads every row, which is too slow for the process that answers doorbells. */
  count(accountId?: string): number;
  byId(id: string): HeldTransaction | undefined;
  /** Whether it holds transactions of an account. */
  hasAccount(accountId: string): boolean;
  /** The same for moves into or out of a pot. */
  hasPot(potId: string): boolean;
  /** Finds the bridge's own pot transfers: Monzo puts the user's id in front of the dedupe id. */
  withExternalIdEnding(suffix: string): readonly HeldTransaction[];
  /** The same for any of several endings; a row that has two of them is there twice. */
  withExternalIdEndingInAny(suffixes: readonly string[]): readonly HeldTransaction[];
  /** The moves between an account and its pots that are dated in a time, both ends included; declined ones as well. */
  potMoves(accountId: string, since: Instant, until: Instant): readonly HeldTransaction[];
  /** What was spent from each account since a local day (`YYYY-MM-DD`), by currency, less refunds. */
  spentSince(day: string): readonly AccountSpending[];
  /** Recomputes day and flow of so many older rows after their rules changed; false once all are done. */
  reviseSome(limit: number): boolean;
  /** Deletes at most so many rows of those that `forgetAccount` deletes; false once none are left. */
  forgetSome(accountId: string, limit: number): boolean;
  /** Deletes an account's readings and history and the payloads of its events. The events' ids are kept for ever. */
  forgetAccount(accountId: string): void;
  /**
   * Deletes a login's readings. Accounts that no other login sees lose their readings too and, unless history is kept,
   * everything else (`forgetAccount`). Returns the ids of those accounts. Works on the stored readings, so call it
   * before saving a Knowledge without the login.
   */
  forgetLogin(loginId: string, forgetting: Forgetting): readonly string[];
}

/** `timeZone` decides which day a transaction belongs to. */
export function createLedger(database: Database, timeZone: string): Ledger {
  const rulesFor = createDerivation(timeZone);
  return {
    household: () => household(database),
    held: (ids) => held(database, ids),
    save: (before, after) => {
      if (before !== after) database.atomically(() => save(database, rulesFor, { before, after }));
    },
    ...lookups(database),
    ...timeline(database),
    spentSince: (day) => readSpentSince(database, day),
    reviseSome: (limit) => reviseSome(database, { timeZone, limit, rules: rulesFor(ownAccounts(database)) }),
    forgetSome: (accountId, limit) =>
      forgetSome(database, { accountId, limit, rules: rulesFor(ownAccounts(database)) }),
    forgetAccount: (accountId) =>
      database.atomically(() => {
        const formerly = ownAccounts(database);
        forgetAccount(database, accountId);
        reviseForgotten(database, rulesFor, formerly);
      }),
    forgetLogin: (loginId, forgetting) =>
      database.atomically(() => {
        const formerly = ownAccounts(database);
        const orphans = forgetLogin(database, loginId, forgetting);
        if (!forgetting.keepHistory) reviseForgotten(database, rulesFor, formerly);
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
    missing: nothingMissing,
    eventsSince: new Map(since),
    slugs: readSlugs(database),
    transactions: new Map(),
  };
}

function held(database: Database, ids: readonly string[]): ReadonlyMap<string, HeldTransaction> {
  const sql = 'SELECT * FROM bank_transaction WHERE id IN (SELECT value FROM json_each(?))';
  const rows = database.all(sql, [JSON.stringify(ids)], readTransaction);
  return new Map(rows.map((row) => [row.transaction.id, row]));
}

function byId(database: Database, id: string): HeldTransaction | undefined {
  return database.get('SELECT * FROM bank_transaction WHERE id = ?', [id], readTransaction);
}

function hasRows(database: Database, condition: string, id: string): boolean {
  const sql = `SELECT 1 AS found FROM bank_transaction WHERE ${condition} LIMIT 1`;
  return database.get(sql, [id], () => true) ?? false;
}

function lookups(
  database: Database,
): Pick<
  Ledger,
  | 'pending'
  | 'count'
  | 'byId'
  | 'hasAccount'
  | 'hasPot'
  | 'withExternalIdEnding'
  | 'withExternalIdEndingInAny'
  | 'potMoves'
> {
  return {
    potMoves: (accountId, since, until) => {
      const sql = `SELECT * FROM bank_transaction
        WHERE account_id = ? AND created >= ? AND created <= ? AND status <> 'reversed'
          AND (pot_id IS NOT NULL OR kind IN ('pot_deposit', 'pot_withdrawal')) ORDER BY created, id`;
      return database.all(sql, [accountId, since, until], readTransaction);
    },
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
    count: (accountId) => {
      const sql = 'SELECT count(*) AS count FROM bank_transaction';
      const counted =
        accountId === undefined
          ? database.get(sql, [], (row) => integer(row, 'count'))
          : database.get(`${sql} WHERE account_id = ?`, [accountId], (row) => integer(row, 'count'));
      return counted ?? 0;
    },
    byId: (id) => byId(database, id),
    hasAccount: (accountId) => hasRows(database, 'account_id = ?', accountId),
    hasPot: (potId) => hasRows(database, 'pot_id = ?', potId),
    withExternalIdEnding: (suffix) => {
      if (suffix === '') return [];
      const start = reversed(suffix);
      const sql =
        'SELECT * FROM bank_transaction WHERE external_id_reversed >= ? AND external_id_reversed < ? ORDER BY created, id';
      return database.all(sql, [start, `${start}\u{10ffff}`], readTransaction);
    },
    withExternalIdEndingInAny: (suffixes) => {
      const sql = `SELECT bank_transaction.* FROM json_each(?) CROSS JOIN bank_transaction
        ON external_id_reversed >= value AND external_id_reversed < value || char(0x10ffff)`;
      const starts = suffixes.filter((suffix) => suffix !== '').map(reversed);
      return database.all(sql, [JSON.stringify(starts)], readTransaction);
    },
  };
}

/** What an account has when. */
function timeline(
  database: Database,
): Pick<
  Ledger,
  'newestCreated' | 'rowBefore' | 'newestBefore' | 'createdBefore' | 'idsSince' | 'countBetween'
> {
  return {
    newestCreated: (accountId) => {
      const sql = `SELECT created FROM bank_transaction
        WHERE account_id = ? AND created <= seen_at ORDER BY created DESC LIMIT 1`;
      return database.get(sql, [accountId], (row) => integer(row, 'created')) ?? null;
    },
    rowBefore: (accountId, before, rows) => {
      const sql = `SELECT id, created FROM (
          SELECT id, created FROM bank_transaction
          WHERE account_id = ? AND created < ? AND created <= seen_at AND status <> 'reversed'
          ORDER BY created DESC, id DESC LIMIT ?
        ) ORDER BY created, id LIMIT 1`;
      const read = (row: Row) => ({ id: text(row, 'id'), created: integer(row, 'created') });
      return database.get(sql, [accountId, before, rows + 1], read) ?? null;
    },
    idsSince: (accountId, since) => {
      const sql = `SELECT id FROM bank_transaction
        WHERE account_id = ? AND created >= ? AND status <> 'reversed'`;
      return database.all(sql, [accountId, since], (row) => text(row, 'id'));
    },
    countBetween: (accountId, since, before) => {
      const sql = `SELECT count(*) AS rows FROM bank_transaction
        WHERE account_id = ? AND created >= ? AND created < ?`;
      return database.get(sql, [accountId, since, before], (row) => integer(row, 'rows')) ?? 0;
    },
    newestBefore: (accountId, before) => {
      const sql = `SELECT max(created) AS newest FROM bank_transaction
        WHERE account_id = ? AND created < ? AND status <> 'reversed'`;
      return database.get(sql, [accountId, before], (row) => integerOrNull(row, 'newest')) ?? null;
    },
    createdBefore: (accountId, newer) => {
      const sql =
        'SELECT created FROM bank_transaction WHERE account_id = ? ORDER BY created DESC LIMIT 1 OFFSET ?';
      return database.get(sql, [accountId, newer], (row) => integer(row, 'created')) ?? null;
    },
  };
}

type RulesFor = ReturnType<typeof createDerivation>;

interface Step {
  readonly before: Knowledge;
  readonly after: Knowledge;
}

function save(database: Database, rulesFor: RulesFor, { before, after }: Step): void {
  const mayChangeOwn = before.eventsSince !== after.eventsSince || before.accounts !== after.accounts;
  const formerly = mayChangeOwn ? ownAccounts(database) : null;
  for (const part of readingParts) {
    if (before[part] !== after[part])
      writeReadings(database, part, { before: before[part], after: after[part] });
  }
  if (before.slugs !== after.slugs) saveSlugs(database, after.slugs);
  saveNames(database, before, after);
  if (before.eventsSince !== after.eventsSince) saveEventsSince(database, before, after);
  if (mayChangeOwn) saveBankDetails(database, after);
  // Only a transfer between accounts asks which are our own.
  let own: ReadonlySet<string> | null = null;
  const ownNow = () => (own ??= ownAccounts(database));
  const rules = rulesFor({ has: (account) => ownNow().has(account) });
  if (formerly !== null) reviseTransfers(database, rules, formerly.symmetricDifference(ownNow()));
  saveBalanceDays(database, rules.dayOf, { before, after });
  if (before.transactions === after.transactions) return;
  for (const [id, transaction] of after.transactions) {
    if (before.transactions.get(id) === transaction) continue;
    saveTransaction(database, transaction, rules);
    pairCharges(database, rules, transaction);
    reviseRepayments(database, rules, id);
  }
}

/** Of the accounts whose transactions are events; those that are no longer listed keep theirs. */
function saveBankDetails(database: Database, { accounts }: Knowledge): void {
  const kept = new Map(
    database.all('SELECT account_id, bank_details FROM events_since', [], (row) => [
      text(row, 'account_id'),
      textOrNull(row, 'bank_details'),
    ]),
  );
  const sql = 'UPDATE events_since SET bank_details = ? WHERE account_id = ?';
  for (const { id, bankDetails } of [...accounts.values()].flatMap(({ value }) => value)) {
    if (bankDetails === undefined || !kept.has(id) || kept.get(id) === bankDetails) continue;
    database.run(sql, [bankDetails, id]);
    kept.set(id, bankDetails);
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
