import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, text, textOrNull } from './rows.ts';

/** What a shop or person took and gave in one currency, in minor units that are not negative. */
export interface MerchantSum {
  readonly currency: Currency;
  readonly spent: Minor;
  readonly refunded: Minor;
  readonly income: Minor;
  /** The number of transactions in all three sums. */
  readonly count: number;
}

export interface MerchantMonth extends MerchantSum {
  /** `YYYY-MM`, in the time zone of the ledger. */
  readonly month: string;
}

export interface Merchant {
  /** The oldest first; months without a transaction are left out. */
  readonly months: readonly MerchantMonth[];
  /** What is usually paid there, positive, by currency; left out where too few payments tell. */
  readonly usual: ReadonlyMap<Currency, Minor>;
  readonly first: Instant;
  readonly last: Instant;
  /** As the newest payment has them. */
  readonly category: string;
  readonly emoji: string | null;
}

/** The usual amount is the middle one of so many newest payments at most, and of so many at least. */
const paymentsCompared = 101;
const fewestPayments = 3;

/** The bank's emoji of a merchant; null where it gives none. */
export const emojiColumn = `CASE WHEN json_valid(raw) AND json_type(raw, '$.merchant.emoji') = 'text'
  THEN nullif(raw ->> '$.merchant.emoji', '') END AS emoji`;

const taken = "spent_at = ? AND flow IN ('spending', 'refund', 'income')";

/**
 * All that was spent, refunded and received under a name as shown; null where nothing was. What is paid back of a bill
 * counts where the bill does. Answered from one index, however many rows there are.
 */
export function readMerchant(database: Database, name: string): Merchant | null {
  const months = database.all(
    `SELECT substr(day, 1, 7) AS month, currency,
      coalesce(-sum(amount) FILTER (WHERE flow = 'spending'), 0) AS spent,
      coalesce(sum(amount) FILTER (WHERE flow = 'refund'), 0) AS refunded,
      coalesce(sum(amount) FILTER (WHERE flow = 'income'), 0) AS income,
      count(*) AS count, min(created) AS first, max(created) AS last,
      max(created) FILTER (WHERE flow = 'spending') AS paid
      FROM bank_transaction INDEXED BY transaction_by_merchant WHERE ${taken} GROUP BY month, currency ORDER BY month, currency`,
    [name],
    (row) => ({
      month: text(row, 'month'),
      currency: text(row, 'currency'),
      spent: integer(row, 'spent'),
      refunded: integer(row, 'refunded'),
      income: integer(row, 'income'),
      count: integer(row, 'count'),
      first: integer(row, 'first'),
      last: integer(row, 'last'),
      paid: integerOrNull(row, 'paid'),
    }),
  );
  if (months.length === 0) return null;
  const last = Math.max(...months.map((month) => month.last));
  // What comes back may be in another category.
  const paid = Math.max(...months.map((month) => month.paid ?? 0)) || last;
  const newest = database.get(
    `SELECT category, ${emojiColumn} FROM bank_transaction INDEXED BY transaction_by_merchant
      WHERE ${taken} AND created = ? ORDER BY flow = 'spending' DESC, id DESC LIMIT 1`,
    [name, paid],
    (row) => ({ category: text(row, 'category'), emoji: textOrNull(row, 'emoji') }),
  );
  return {
    months: months.map(({ first: _first, last: _last, paid: _paid, ...month }) => month),
    usual: usualAmounts(database, name, [...new Set(months.map(({ currency }) => currency))]),
    first: Math.min(...months.map((month) => month.first)),
    last,
    category: newest?.category ?? '',
    emoji: newest?.emoji ?? null,
  };
}

/** The middle one of the last payments: one that was really paid, and that a single large one does not move. */
function usualAmounts(
  database: Database,
  name: string,
  currencies: readonly Currency[],
): ReadonlyMap<Currency, Minor> {
  const sql = `SELECT amount FROM bank_transaction INDEXED BY transaction_by_merchant
    WHERE ${taken} AND currency = ? AND flow = 'spending' ORDER BY created DESC LIMIT ?`;
  const usual = currencies.map((currency) => {
    const paid = database
      .all(sql, [name, currency, paymentsCompared], (row) => -integer(row, 'amount'))
      .toSorted((a, b) => a - b);
    return [
      currency,
      paid.length < fewestPayments ? undefined : paid[Math.floor((paid.length - 1) / 2)],
    ] as const;
  });
  return new Map(usual.filter((entry): entry is readonly [string, number] => entry[1] !== undefined));
}
