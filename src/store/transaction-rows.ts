import type { HeldTransaction } from '../domain/fold.ts';
import { kindOf, type Transaction, type TransactionStatus } from '../domain/transaction.ts';
import type { Database } from './database.ts';
import { integer, integerOrNull, text, textOrNull, type Row, type Value } from './row.ts';

type Columns = readonly (readonly [name: string, value: (transaction: Transaction) => Value])[];

const flag = { amountIsPending: 1, isLoad: 2, atm: 4 } as const;

/** What of a transaction stands in a column of its own. `raw` comes last: SQLite then reads it only when asked to. */
const contentColumns: Columns = [
  ['id', ({ id }) => id],
  ['account_id', ({ accountId }) => accountId],
  ['created', ({ created }) => created],
  ['updated', ({ updated }) => updated],
  ['settles', ({ settles }) => settles],
  ['amount', ({ amount }) => amount],
  ['currency', ({ currency }) => currency],
  ['local_amount', ({ localAmount }) => localAmount],
  ['local_currency', ({ localCurrency }) => localCurrency],
  ['category', ({ category }) => category],
  ['kind', kindOf],
  ['description', ({ description }) => description],
  ['notes', ({ notes }) => notes],
  ['merchant_id', ({ merchantId }) => merchantId],
  ['merchant_name', ({ merchantName }) => merchantName],
  ['counterparty', ({ counterparty }) => counterparty],
  ['pot_id', ({ potId }) => potId],
  ['external_id', ({ externalId }) => externalId],
  ['external_id_reversed', ({ externalId }) => (externalId === null ? null : reversed(externalId))],
  ['scheme', ({ scheme }) => scheme],
  ['decline_reason', ({ declineReason }) => declineReason],
  ['flags', flagsOf],
  ['raw', ({ raw }) => raw],
];

const columns = [...contentColumns.map(([name]) => name), 'status', 'seen_at', 'first_fields'];

const saving = `
INSERT INTO bank_transaction (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** Creates or replaces the row of a transaction. Text that is not well-formed Unicode is kept only in `raw`. */
export function saveTransaction(database: Database, held: HeldTransaction): void {
  const content = contentColumns.map(([, valueOf]) => valueOf(held.transaction));
  database.run(saving, [...content, held.status, held.seenAt, held.firstFields]);
}

/** The transaction that `saveTransaction` wrote. */
export function readTransaction(row: Row): HeldTransaction {
  return {
    transaction: readContent(row),
    status: text(row, 'status') as TransactionStatus,
    seenAt: integer(row, 'seen_at'),
    firstFields: text(row, 'first_fields'),
  };
}

/** A suffix becomes a prefix, which an index can find. */
export function reversed(id: string): string {
  return Array.from(id).reverse().join('');
}

function readContent(row: Row): Transaction {
  const flags = integer(row, 'flags');
  return {
    id: text(row, 'id'),
    accountId: text(row, 'account_id'),
    created: integer(row, 'created'),
    updated: integer(row, 'updated'),
    settles: integerOrNull(row, 'settles'),
    amountIsPending: (flags & flag.amountIsPending) !== 0,
    amount: integer(row, 'amount'),
    currency: text(row, 'currency'),
    localAmount: integer(row, 'local_amount'),
    localCurrency: text(row, 'local_currency'),
    declineReason: textOrNull(row, 'decline_reason'),
    description: text(row, 'description'),
    notes: text(row, 'notes'),
    category: text(row, 'category'),
    scheme: text(row, 'scheme'),
    isLoad: (flags & flag.isLoad) !== 0,
    merchantId: textOrNull(row, 'merchant_id'),
    merchantName: textOrNull(row, 'merchant_name'),
    atm: (flags & flag.atm) !== 0,
    counterparty: textOrNull(row, 'counterparty'),
    potId: textOrNull(row, 'pot_id'),
    externalId: textOrNull(row, 'external_id'),
    raw: text(row, 'raw'),
  };
}

function flagsOf({ amountIsPending, isLoad, atm }: Transaction): number {
  return (amountIsPending ? flag.amountIsPending : 0) | (isLoad ? flag.isLoad : 0) | (atm ? flag.atm : 0);
}
