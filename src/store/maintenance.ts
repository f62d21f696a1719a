import { createDayFinder } from '../domain/time.ts';
import { flowRulesVersion } from '../domain/spending.ts';
import type { Database, Value } from './database.ts';
import { derivedOf, integer, listedColumns, readListed, text, type Derivation } from './rows.ts';
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

/** The accounts that this bridge reads or has read: those whose transactions are events. */
export function ownAccounts(database: Database): ReadonlySet<string> {
  return new Set(database.all('SELECT account_id FROM events_since', [], (row) => text(row, 'account_id')));
}

/** Makes the rules for a time zone; the result takes the ids of our own accounts. */
export function createDerivation(timeZone: string): (own: { has(id: string): boolean }) => Derivation {
  const dayOf = createDayFinder(timeZone);
  return (own) => ({ dayOf, isOwn: (accountId) => own.has(accountId) });
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

/** Recomputes the rows with these counterparties, which have become our own accounts or are no longer. */
export function reviseTransfers(database: Database, rules: Derivation, accountIds: Iterable<string>): void {
  for (const accountId of accountIds)
    reviseRows(database, rules, { where: 'counterparty_account = ?', values: [accountId] });
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
    held: { day: text(row, 'day'), flow: text(row, 'flow') },
    listed: readListed(row),
  }));
  for (const { number, held, listed } of rows) {
    const { day, flow } = derivedOf(listed, rules);
    if (held.day !== day || held.flow !== flow)
      database.run('UPDATE bank_transaction SET day = ?, flow = ? WHERE number = ?', [day, flow, number]);
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
];

/** See `Ledger.forgetSome`. */
export function forgetSome(database: Database, accountId: string, limit: number): boolean {
  return deletions.some((sql) => database.run(sql, [accountId, limit]) > 0);
}

/** See `Ledger.forgetAccount`. */
export function forgetAccount(database: Database, accountId: string): void {
  deleteSlugs(database, accountId);
  forgetReadings(database, accountId);
  database.run('DELETE FROM events_since WHERE account_id = ?', [accountId]);
  while (forgetSome(database, accountId, everything));
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
