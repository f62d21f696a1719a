import { createDayFinder } from '../domain/time.ts';
import { flowRulesVersion } from '../domain/spending.ts';
import type { Database, Value } from './database.ts';
import {
  derivedOf,
  integer,
  listedColumns,
  readListed,
  renewDerived,
  text,
  textOrNull,
  type Derivation,
} from './rows.ts';
import { deleteReading, deleteSlugs, readReadings, renewBalanceDays } from './readings.ts';
import { pairCharges } from './charge-pairs.ts';
import { createSettings } from './bridge-records.ts';

/** Which rules the derived columns of older rows were computed with, and how far that has come. */
interface Progress {
  readonly rules: string;
  /** The number of the last row that is done; null once all are done. */
  readonly upTo: number | null;
}

/** The key of the stored progress, as earlier versions wrote it. */
const progressKey = 'books';

/** The accounts that Monzo lists, closed ones too, or that this bridge has read, by their ids and by their bank details. */
export function ownAccounts(database: Database): ReadonlySet<string> {
  const read = database.all('SELECT account_id, bank_details FROM events_since', [], (row) => [
    text(row, 'account_id'),
    textOrNull(row, 'bank_details'),
  ]);
  const listed = [...readReadings(database, 'accounts').values()].flatMap(({ value }) => value);
  const named = [...read, ...listed.map(({ id, bankDetails }) => [id, bankDetails ?? null])].flat();
  return new Set(named.filter((name) => name !== null));
}

/** Makes the rules for a time zone; the result takes what `ownAccounts` returns. */
export function createDerivation(timeZone: string): (own: { has(id: string): boolean }) => Derivation {
  const dayOf = createDayFinder(timeZone);
  return (own) => ({ dayOf, isOwn: (account) => own.has(account) });
}

export interface Revision {
  readonly timeZone: string;
  readonly rules: Derivation;
  readonly limit: number;
}

/**
 * Recomputes the derived columns of up to `limit` older rows after the time zone or the rules have changed, and stores
 * the progress. Returns whether rows are left. Rows written meanwhile follow the new rules already.
 */
export function reviseSome(database: Database, { timeZone, rules, limit }: Revision): boolean {
  const settings = createSettings(database);
  const name = `${flowRulesVersion} ${timeZone}`;
  const stored = settings.get(progressKey) as Progress | undefined;
  if (stored?.rules === name && stored.upTo === null) return false;
  return database.atomically(() => {
    const isSame = stored?.rules === name;
    if (!isSame) renewBalanceDays(database, rules.dayOf);
    const after = isSame ? (stored.upTo ?? 0) : 0;
    const last = reviseRows(database, rules, {
      where: 'number > ? ORDER BY number LIMIT ?',
      values: [after, limit],
    });
    settings.set(progressKey, { rules: name, upTo: last } satisfies Progress);
    return last !== null;
  });
}

/** Recomputes what depended on accounts that were forgotten: `formerly` are the own accounts of before. */
export function reviseForgotten(
  database: Database,
  rulesFor: (own: ReadonlySet<string>) => Derivation,
  formerly: ReadonlySet<string>,
): void {
  const own = ownAccounts(database);
  const rules = rulesFor(own);
  reviseTransfers(database, rules, formerly.symmetricDifference(own));
  reviseUnbilled(database, rules);
}

/** Recomputes the rows with these counterparties, which have become our own accounts or are no longer. */
export function reviseTransfers(database: Database, rules: Derivation, accounts: Iterable<string>): void {
  for (const account of accounts)
    for (const column of ['counterparty_account', 'counterparty_bank'])
      reviseRows(database, rules, { where: `${column} = ?`, values: [account] });
}

/** Recomputes what pays this bill back, after it has changed. */
export function reviseRepayments(database: Database, rules: Derivation, billId: string): void {
  reviseRows(database, rules, { where: 'original_id = ?', values: [billId] });
}

/** Recomputes what paid back bills that the ledger does not have, or no longer. */
function reviseUnbilled(database: Database, rules: Derivation): void {
  const where = `original_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM bank_transaction AS bill WHERE bill.id = bank_transaction.original_id)`;
  reviseRows(database, rules, { where, values: [] });
}

interface RowSelection {
  readonly where: string;
  readonly values: readonly Value[];
}

/** Returns the number of the last selected row; null if none was selected. */
function reviseRows(database: Database, rules: Derivation, { where, values }: RowSelection): number | null {
  const sql = `SELECT number, ${listedColumns} FROM bank_transaction WHERE ${where}`;
  const rows = database.all(sql, values, (row) => ({
    number: integer(row, 'number'),
    listed: readListed(row),
  }));
  for (const { number, listed } of rows) {
    renewDerived(database, number, derivedOf(database, rules, listed));
    pairCharges(database, rules, listed);
  }
  return rows.at(-1)?.number ?? null;
}

const everything = -1;

export interface Forgetting {
  /** Whether to keep the transactions and events of accounts that no login sees any more. */
  readonly keepHistory: boolean;
}

/** Deletes an account's history. Each statement takes the account and the largest number of rows to delete. */
const deletions = [
  `DELETE FROM delivery WHERE (sink, seq) IN
    (SELECT sink, seq FROM delivery JOIN event USING (seq) WHERE account_id = ? LIMIT ?)`,
  `DELETE FROM bank_transaction WHERE number IN
    (SELECT number FROM bank_transaction WHERE account_id = ? LIMIT ?)`,
  // The rows stay, without payload, because an event's id is never used again.
  `UPDATE event SET detail = NULL, data = NULL, balance = NULL, total_balance = NULL WHERE seq IN
    (SELECT seq FROM event WHERE account_id = ? AND coalesce(detail, balance, total_balance) IS NOT NULL LIMIT ?)`,
  'DELETE FROM balance_day WHERE (subject, day) IN (SELECT subject, day FROM balance_day WHERE account_id = ? LIMIT ?)',
  'DELETE FROM kept_name WHERE id IN (SELECT id FROM kept_name WHERE account_id = ? LIMIT ?)',
];

/** See `Ledger.forgetSome`. */
export function forgetSome(
  database: Database,
  {
    accountId,
    limit,
    rules,
  }: { readonly accountId: string; readonly limit: number; readonly rules: Derivation },
): boolean {
  return database.atomically(() => {
    const isSome = deleteSome(database, accountId, limit);
    reviseUnbilled(database, rules);
    return isSome;
  });
}

function deleteSome(database: Database, accountId: string, limit: number): boolean {
  return deletions.some((sql) => database.run(sql, [accountId, limit]) > 0);
}

/** See `Ledger.forgetAccount`. */
export function forgetAccount(database: Database, accountId: string): void {
  deleteSlugs(database, accountId);
  forgetReadings(database, accountId);
  database.run('DELETE FROM events_since WHERE account_id = ?', [accountId]);
  while (deleteSome(database, accountId, everything));
}

/** See `Ledger.forgetLogin`. With the history, the instant from which transactions are events is kept too. */
export function forgetLogin(
  database: Database,
  loginId: string,
  { keepHistory }: Forgetting,
): readonly string[] {
  const readings = readReadings(database, 'accounts');
  const idsOf = (id: string) => readings.get(id)?.value.map((account) => account.id) ?? [];
  const others = [...readings.keys()].filter((id) => id !== loginId);
  const seenByOthers = new Set(others.flatMap(idsOf));
  const orphans = idsOf(loginId).filter((id) => !seenByOthers.has(id));
  deleteReading(database, 'accounts', loginId);
  for (const accountId of orphans) {
    if (keepHistory) forgetReadings(database, accountId);
    else forgetAccount(database, accountId);
  }
  return orphans;
}

function forgetReadings(database: Database, accountId: string): void {
  deleteReading(database, 'balances', accountId);
  deleteReading(database, 'pots', accountId);
}
