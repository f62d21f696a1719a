import { createDayFinder } from '../domain/day.ts';
import { flowRulesVersion } from '../domain/spending.ts';
import type { Database } from './database.ts';
import { renewBalanceDays } from './balance-days.ts';
import { integer, text, type Value } from './row.ts';
import { createSettings } from './settings.ts';
import { derivedOf, listedColumns, readListed, type BookRules } from './transaction-rows.ts';

/** By which rules the derived columns of the older rows were filled in, and how far that has come. */
interface Progress {
  readonly rules: string;
  /** The number of the last row that is done; null once all are. */
  readonly upTo: number | null;
}

const progressKey = 'books';

/** The accounts that are read here: those whose transactions are events, whoever sees them now. */
export function ownAccounts(database: Database): ReadonlySet<string> {
  return new Set(database.all('SELECT account_id FROM events_since', [], (row) => text(row, 'account_id')));
}

export function createBookRules(timeZone: string): (own: { has(id: string): boolean }) => BookRules {
  const dayOf = createDayFinder(timeZone);
  return (own) => ({ dayOf, isOwn: (accountId) => own.has(accountId) });
}

export interface Revision {
  readonly timeZone: string;
  readonly rules: BookRules;
  readonly limit: number;
}

/**
 * Judges so many older rows again where time zone or rules have changed since they were written, and remembers how far
 * it has come. Returns whether some are left. Rows written meanwhile are judged by the new rules anyway.
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

/** Judges the transfers to and from accounts again that have become our own, or are no longer. */
export function reviseTransfers(database: Database, rules: BookRules, accountIds: Iterable<string>): void {
  for (const accountId of accountIds)
    reviseRows(database, rules, { where: 'counterparty_account = ?', values: [accountId] });
}

interface Choice {
  readonly where: string;
  readonly values: readonly Value[];
}

/** The number of the last row that was looked at; null where there was none. */
function reviseRows(database: Database, rules: BookRules, { where, values }: Choice): number | null {
  const sql = `SELECT number, ${listedColumns} FROM bank_transaction WHERE ${where}`;
  const rows = database.all(sql, values, (row) => ({
    number: integer(row, 'number'),
    held: { day: text(row, 'day'), flow: text(row, 'flow') },
    derived: derivedOf(readListed(row), rules),
  }));
  for (const { number, held, derived } of rows)
    if (held.day !== derived.day || held.flow !== derived.flow)
      database.run('UPDATE bank_transaction SET day = ?, flow = ? WHERE number = ?', [
        derived.day,
        derived.flow,
        number,
      ]);
  return rows.at(-1)?.number ?? null;
}
