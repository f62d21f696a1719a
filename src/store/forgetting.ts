import type { Database } from './database.ts';
import { deleteReading, readReadings } from './readings.ts';

export interface Forgetting {
  /** Whether transactions and events of accounts that nobody sees any more stay. */
  readonly keepHistory: boolean;
}

/** See `Ledger.forgetAccount`. Event rows stay without payload: an id that was used is never used again. */
export function forgetAccount(database: Database, accountId: string): void {
  forgetReadings(database, accountId);
  database.run('DELETE FROM events_since WHERE account_id = ?', [accountId]);
  database.run('DELETE FROM bank_transaction WHERE account_id = ?', [accountId]);
  const sql =
    'UPDATE event SET detail = NULL, data = NULL, balance = NULL, total_balance = NULL WHERE account_id = ?';
  database.run(sql, [accountId]);
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
