import { balanceHistory, sumOfBalances, type BalanceHistory, type BalancePoint } from '../domain/balances.ts';
import type { Currency, Minor } from '../domain/values.ts';
import type { Database } from './database.ts';
import { integer, text } from './row.ts';

/** An account or a pot, and the currency that its balance is in. */
export interface BalanceSubject {
  readonly kind: 'account' | 'pot';
  readonly id: string;
  readonly currency: Currency;
}

export interface BalancesRequest {
  /** What counts towards the totals. */
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
  readonly totals: readonly { readonly currency: Currency; readonly points: readonly BalancePoint[] }[];
}

/** The balances at the ends of local days, of each subject and of all together; see `balanceHistory`. */
export function readBalances(database: Database, { all, since, before }: BalancesRequest): Balances {
  const changes = accountChanges(database);
  const histories = all.map((subject) => ({ subject, history: historyOf(database, subject, changes) }));
  const within = (points: readonly BalancePoint[]) =>
    points.filter(({ day }) => since <= day && day < before);
  const byCurrency = Map.groupBy(histories, ({ subject }) => subject.currency);
  return {
    series: histories.map(({ subject, history }) => ({ subject, points: within(history.points) })),
    totals: [...byCurrency].map(([currency, those]) => ({
      currency,
      points: within(sumOfBalances(those.map(({ history }) => history))),
    })),
  };
}

type Changes = ReadonlyMap<string, Minor>;

function historyOf(
  database: Database,
  subject: BalanceSubject,
  changes: ReadonlyMap<string, Changes>,
): BalanceHistory {
  const { kind, id, currency } = subject;
  const own = kind === 'pot' ? potChanges(database, id) : changes.get(keyOf(id, currency));
  return balanceHistory({ readings: readings(database, subject), changes: own ?? new Map() });
}

const keyOf = (accountId: string, currency: Currency) => `${accountId} ${currency}`;

/** What every account's transactions moved, day by day: rows that moved nothing, or were given up, left out. */
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

/** What an account's row takes is what the pot gets. */
const potMoves = `FROM bank_transaction
  WHERE pot_id = ? AND kind IN ('pot_deposit', 'pot_withdrawal') AND flow <> 'none'`;

function potChanges(database: Database, potId: string): Changes {
  const sql = `SELECT day, -sum(amount) AS amount ${potMoves} GROUP BY day`;
  const days = database.all(sql, [potId], (row) => [text(row, 'day'), integer(row, 'amount')] as const);
  return new Map(days);
}

/** The longest day there is, when the clocks are put back, and an hour to spare. In milliseconds. */
const longestDay = 26 * 3_600_000;

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
