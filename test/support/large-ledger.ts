import { nothingKnown } from '../../src/domain/fold.ts';
import type { HeldTransaction } from '../../src/domain/held-transaction.ts';
import { comparedFields, statusOf, type Transaction } from '../../src/domain/transaction.ts';
import type { Store } from '../../src/store/store.ts';
import { aTransaction, withoutShop } from './samples.ts';

export interface LargeLedger {
  readonly rows: number;
  /** The first ones get most of the rows. */
  readonly accounts: readonly string[];
  readonly pots?: readonly string[];
  /** The last row is made a minute before this instant. */
  readonly until: number;
  /** From the first row to the last, in milliseconds. */
  readonly reach: number;
}

/** Words that are in every fifth row, in one of a thousand, and in a single one. */
export const words = { common: 'coffee', uncommon: 'umbrella', rare: 'quincunx' } as const;

const shops = ['Blue Door Coffee', 'Corner Shop', 'Green Grocer', 'Night Cinema', 'Paper & Ink'];
const categories = ['eating_out', 'groceries', 'groceries', 'entertainment', 'shopping'];
const streets = ['North', 'South', 'East', 'West', 'Mill', 'Bridge', 'Church', 'Station', 'Park', 'Hill'];

/** Rows as many people's lives leave them: thousands of shops, pot moves, wages, transfers, refunds, declined cards. */
function rowOf(number: number, { accounts, pots = [], rows, until, reach }: LargeLedger): Transaction {
  const id = `tx_${String(number).padStart(12, '0')}`;
  const created = Math.round(until - 60_000 - reach + (reach * number) / Math.max(1, rows - 1));
  const accountId = accounts[Math.floor((accounts.length * (number % 97) ** 2) / 97 ** 2)] ?? 'acc_1';
  const basis = { id, accountId, created, updated: created, settles: created + 1_000 };
  const told = { ...basis, ...happening(number, pots) };
  const { raw: _raw, ...row } = aTransaction(told);
  return { ...row, raw: JSON.stringify({ ...row, filler: 'x'.repeat(500) }) };
}

function happening(number: number, pots: readonly string[]): Partial<Transaction> {
  const amount = -100 - ((number * 7_919) % 5_000);
  const pot = pots[number % Math.max(1, pots.length)];
  if (number % 50 === 1 && pot !== undefined)
    return {
      ...withoutShop,
      amount: number % 100 === 1 ? -2_500 : 1_000,
      scheme: 'uk_retail_pot',
      description: pot,
      potId: pot,
      category: 'savings',
    };
  if (number % 40 === 2)
    return {
      ...withoutShop,
      amount: 180_000,
      scheme: 'bacs',
      description: 'ACME LTD WAGES',
      counterparty: 'Acme Ltd',
      category: 'income',
    };
  if (number % 40 === 3)
    return {
      ...withoutShop,
      amount,
      scheme: 'payport_faster_payments',
      description: `rent ${number % 12}`,
      counterparty: `Friend ${number % 300}`,
      category: 'transfers',
    };
  return atTheTill(number, amount);
}

function atTheTill(number: number, amount: number): Partial<Transaction> {
  const kind = number % shops.length;
  const branch = (number * number) % 2_000;
  const name = branch < 1_000 ? (shops[kind] ?? '') : `${shops[kind]} ${streets[branch % 10]} ${branch}`;
  return {
    amount: number % 60 === 5 ? -amount : number % 90 === 7 ? 0 : amount,
    localAmount: amount,
    declineReason: number % 90 === 7 ? 'INSUFFICIENT_FUNDS' : null,
    description: `${name.toUpperCase()} LONDON GBR`,
    merchantId: `merch_${kind}_${branch < 1_000 ? 0 : branch}`,
    merchantName: name,
    category: categories[kind] ?? 'general',
    notes: number % 1_000 === 9 ? `the ${words.uncommon}` : number === 4_244 ? `the ${words.rare}` : '',
  };
}

/** Fills a store with so many rows, the same ones every time, as past that made no events. */
export function fillLedger(store: Store, ledger: LargeLedger): void {
  for (let from = 0; from < ledger.rows; from += 5_000) {
    const size = Math.min(5_000, ledger.rows - from);
    const rows = Array.from({ length: size }, (_, index) => rowOf(from + index, ledger));
    const held = rows.map((transaction): HeldTransaction => {
      const seenAt = ledger.until;
      return {
        transaction,
        status: statusOf(transaction, seenAt),
        seenAt,
        seenBy: null,
        firstFields: comparedFields(transaction),
      };
    });
    const transactions = new Map(held.map((row) => [row.transaction.id, row]));
    store.ledger.save(nothingKnown, { ...nothingKnown, transactions });
  }
}
