import type { Database } from './database.ts';
import { deleteReading, readReadings } from './readings.ts';

const everything = -1;

export interface Forgetting {
  /** Whether transactions and events of accounts that nobody sees any more stay. */
  readonly keepHistory: boolean;
}

/** What holds an account's history, each in a statement that takes the account and how many rows at most. */
const slices = [
  `DELETE FROM delivery WHERE (sink, seq) IN
    (SELECT sink, seq FROM delivery JOIN event USING (seq) WHERE account_id = ? LIMIT ?)`,
  `DELETE FROM bank_transaction WHERE number IN
    (SELECT number FROM bank_transaction WHERE account_id = ? LIMIT ?)`,
  // Event rows stay without payload: an id that was used is never used again.
  `UPDATE event SET detail = NULL, data = NULL, balance = NULL, total_balance = NULL WHERE seq IN
    (SELECT seq FROM event WHERE account_id = ? AND coalesce(detail, balance, total_balance) IS NOT NULL LIMIT ?)`,
  'DELETE FROM balance_day WHERE (subject, day) IN (SELECT subject, day FROM balance_day WHERE account_id = ? LIMIT ?)',
];

/** See `Ledger.forgetSome`. */
export function forgetSome(database: Database, accountId: string, limit: number): boolean {
  return slices.some((sql) => database.run(sql, [accountId, limit]) > 0);
}

/** See `Ledger.forgetAccount`. */
export function forgetAccount(database: Database, accountId: string): void {
  forgetReadings(database, accountId);
  database.run('DELETE FROM events_since WHERE account_id = ?', [accountId]);
  while (forgetSome(database, accountId, everything));
}

/** See `Ledger.forgetLogin`. Where history is kept, so is the instant from which its transactions were events. */
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
