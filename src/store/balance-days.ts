import type { Balance, Pot, Reading } from '../domain/bank.ts';
import type { Knowledge } from '../domain/fold.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, text } from './row.ts';

/** The last reading of a day of one account's or pot's balance, in minor units. */
interface BalanceDay {
  readonly subject: string;
  readonly accountId: string;
  readonly at: Instant;
  readonly balance: Minor;
  readonly currency: Currency;
}

type DayOf = (at: Instant) => string;

const saving = `
INSERT INTO balance_day (subject, day, account_id, at, balance, currency) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET at = excluded.at, balance = excluded.balance, currency = excluded.currency
  WHERE excluded.at >= at`;

/** Keeps what was read anew as the last reading of its day. */
export function saveBalanceDays(
  database: Database,
  dayOf: DayOf,
  { before, after }: { readonly before: Knowledge; readonly after: Knowledge },
): void {
  for (const [accountId, reading] of newIn(before.balances, after.balances)) {
    const { balance, currency } = reading.value;
    save(database, dayOf, { subject: accountId, accountId, at: reading.at, balance, currency });
  }
  for (const [accountId, { at, value }] of newIn(before.pots, after.pots))
    for (const { id, balance, currency, deleted } of value)
      if (!deleted) save(database, dayOf, { subject: id, accountId, at, balance, currency });
}

/** Another time zone cuts the days anew. */
export function renewBalanceDays(database: Database, dayOf: DayOf): void {
  const kept = database.all('SELECT * FROM balance_day ORDER BY at', [], (row) => ({
    subject: text(row, 'subject'),
    accountId: text(row, 'account_id'),
    at: integer(row, 'at'),
    balance: integer(row, 'balance'),
    currency: text(row, 'currency'),
  }));
  database.run('DELETE FROM balance_day');
  for (const one of kept) save(database, dayOf, one);
}

function save(database: Database, dayOf: DayOf, one: BalanceDay): void {
  const { subject, accountId, at, balance, currency } = one;
  database.run(saving, [subject, dayOf(at), accountId, at, balance, currency]);
}

type Readings<T extends Balance | readonly Pot[]> = ReadonlyMap<string, Reading<T>>;

function newIn<T extends Balance | readonly Pot[]>(before: Readings<T>, after: Readings<T>) {
  return [...after].filter(([key, reading]) => before.get(key) !== reading);
}
