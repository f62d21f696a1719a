import type { HeldTransaction } from '../domain/held-transaction.ts';
import { flowOf, type Flow } from '../domain/spending.ts';
import {
  displayName,
  kindOf,
  type Split,
  type Transaction,
  type TransactionContent,
  type TransactionStatus,
} from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import type { Database, Row, Value } from './database.ts';

/** What the derived columns of a row depend on besides the rows themselves. */
export interface Derivation {
  /** The local day of an instant. */
  readonly dayOf: (at: Instant) => string;
  /** Whether this bridge reads the account with this id, or with these bank details. */
  readonly isOwn: (account: string) => boolean;
}

/** A transaction as lists show it, without the bank's JSON. */
export interface ListedTransaction extends Omit<HeldTransaction, 'transaction'> {
  readonly transaction: TransactionContent;
  /** The transaction that charged this hold; null where none did. */
  readonly chargedBy: string | null;
}

type Columns = readonly (readonly [name: string, value: (transaction: Transaction) => Value])[];

const flag = { amountIsPending: 1, isLoad: 2, atm: 4, notInSpending: 8, isDirectDebit: 16 } as const;

/** The fields of a transaction that have a column of their own. */
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
  ['split', ({ split }) => sharesText(split)],
  ['description', ({ description }) => description],
  ['notes', ({ notes }) => notes],
  ['merchant_id', ({ merchantId }) => merchantId],
  ['merchant_name', ({ merchantName }) => merchantName],
  ['counterparty', ({ counterparty }) => counterparty],
  ['counterparty_account', ({ counterpartyAccount }) => counterpartyAccount],
  ['counterparty_bank', ({ counterpartyBank }) => counterpartyBank],
  ['original_id', ({ originalId }) => originalId],
  ['spender', ({ spender }) => spender],
  ['pot_id', ({ potId }) => potId],
  ['external_id', ({ externalId }) => externalId],
  ['external_id_reversed', ({ externalId }) => (externalId === null ? null : reversed(externalId))],
  ['scheme', ({ scheme }) => scheme],
  ['decline_reason', ({ declineReason }) => declineReason],
  ['flags', flagsOf],
  ['raw', ({ raw }) => raw],
];

const heldColumns = ['status', 'seen_at', 'seen_by', 'first_fields'];
/** Computed again whenever what they depend on changes. */
const derivedColumns = ['day', 'kind', 'flow', 'shares', 'payee'] as const;
const columns = [...contentColumns.map(([name]) => name), ...heldColumns, ...derivedColumns];

/** The columns that `readListed` needs. */
export const listedColumns = [...columns.filter((name) => name !== 'raw'), 'charged_by'].join(', ');

const saving = `
INSERT INTO bank_transaction (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
ON CONFLICT (id) DO UPDATE SET ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** Creates or replaces the row of a transaction. Text that is not well-formed Unicode survives only in `raw`. */
export function saveTransaction(database: Database, held: HeldTransaction, rules: Derivation): void {
  const content = contentColumns.map(([, valueOf]) => valueOf(held.transaction));
  const derived = derivedOf(database, rules, { ...held, chargedBy: null });
  database.run(saving, [
    ...content,
    held.status,
    held.seenAt,
    held.seenBy,
    held.firstFields,
    ...derivedColumns.map((name) => derived[name]),
  ]);
}

/** What is derived of a row: its local day, its kind, and where it counts. */
export type Derived = { readonly [Column in (typeof derivedColumns)[number]]: string | null } & {
  readonly flow: Flow;
};

/** Computes what is derived of a row. What pays a bill back counts in the bill's category, and at its shop. */
export function derivedOf(
  database: Database,
  { dayOf, isOwn }: Derivation,
  { transaction, status, chargedBy }: Omit<ListedTransaction, 'seenAt' | 'seenBy' | 'firstFields'>,
): Derived {
  const { originalId, amount, split } = transaction;
  const bill = originalId === null ? undefined : readBill(database, originalId);
  const isCharged = chargedBy !== null;
  const flow = flowOf({ transaction, status, isOwn, isCharged, bill });
  const paidBack = flow === 'refund' ? bill : undefined;
  return {
    day: dayOf(transaction.created),
    kind: kindOf(transaction),
    flow,
    shares: sharesText(paidBack ? [[paidBack.category, amount]] : split),
    payee: paidBack ? displayName(paidBack) : null,
  };
}

function readBill(database: Database, id: string): TransactionContent | undefined {
  const sql = `SELECT ${listedColumns} FROM bank_transaction WHERE id = ? AND amount < 0`;
  return database.get(sql, [id], (row) => readListed(row).transaction);
}

/** Writes what is derived of the row with this number, where it differs from what is held. */
export function renewDerived(database: Database, number: number, derived: Derived): void {
  const set = derivedColumns.map((name) => `${name} = ?`).join(', ');
  const isOther = derivedColumns.map((name) => `${name} IS NOT ?`).join(' OR ');
  const values = derivedColumns.map((name) => derived[name]);
  database.run(`UPDATE bank_transaction SET ${set} WHERE number = ? AND (${isOther})`, [
    ...values,
    number,
    ...values,
  ]);
}

/** As the triggers of the day summaries read it. */
function sharesText(shares: Split | null): string | null {
  return shares === null ? null : JSON.stringify(shares);
}

/** Reads a transaction that `saveTransaction` wrote. */
export function readTransaction(row: Row): HeldTransaction {
  const { transaction, chargedBy: _, ...held } = readListed(row);
  return { ...held, transaction: { ...transaction, raw: text(row, 'raw') } };
}

/** Reads a transaction from `listedColumns`. */
export function readListed(row: Row): ListedTransaction {
  return {
    transaction: readContent(row),
    status: text(row, 'status') as TransactionStatus,
    seenAt: integer(row, 'seen_at'),
    seenBy: textOrNull(row, 'seen_by'),
    firstFields: text(row, 'first_fields'),
    chargedBy: textOrNull(row, 'charged_by'),
  };
}

/** Reverses an id: an index finds a prefix, and so the suffix of the original. */
export function reversed(id: string): string {
  return Array.from(id).reverse().join('');
}

function readContent(row: Row): TransactionContent {
  const flags = integer(row, 'flags');
  const has = (bit: number) => (flags & bit) !== 0;
  return {
    id: text(row, 'id'),
    accountId: text(row, 'account_id'),
    created: integer(row, 'created'),
    updated: integer(row, 'updated'),
    settles: integerOrNull(row, 'settles'),
    amountIsPending: has(flag.amountIsPending),
    amount: integer(row, 'amount'),
    currency: text(row, 'currency'),
    localAmount: integer(row, 'local_amount'),
    localCurrency: text(row, 'local_currency'),
    declineReason: textOrNull(row, 'decline_reason'),
    description: text(row, 'description'),
    notes: text(row, 'notes'),
    category: text(row, 'category'),
    split: jsonOrNull(row, 'split') as Split | null,
    scheme: text(row, 'scheme'),
    isLoad: has(flag.isLoad),
    merchantId: textOrNull(row, 'merchant_id'),
    merchantName: textOrNull(row, 'merchant_name'),
    atm: has(flag.atm),
    counterparty: textOrNull(row, 'counterparty'),
    counterpartyAccount: textOrNull(row, 'counterparty_account'),
    counterpartyBank: textOrNull(row, 'counterparty_bank'),
    isDirectDebit: has(flag.isDirectDebit),
    originalId: textOrNull(row, 'original_id'),
    spender: textOrNull(row, 'spender'),
    inSpending: !has(flag.notInSpending),
    potId: textOrNull(row, 'pot_id'),
    externalId: textOrNull(row, 'external_id'),
  };
}

function flagsOf({ amountIsPending, isLoad, atm, inSpending, isDirectDebit }: Transaction): number {
  return (
    (amountIsPending ? flag.amountIsPending : 0) |
    (isLoad ? flag.isLoad : 0) |
    (atm ? flag.atm : 0) |
    (inSpending ? 0 : flag.notInSpending) |
    (isDirectDebit ? flag.isDirectDebit : 0)
  );
}

/** The text of a column. Throws TypeError if the row has none there. */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : mismatch(column, 'text');
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** The number of an integer column. Throws TypeError if the row has none there. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  return typeof value === 'number' ? value : mismatch(column, 'an integer');
}

export function integerOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : integer(row, column);
}

export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  return value instanceof Uint8Array ? value : mismatch(column, 'bytes');
}

/** The value of a JSON column. */
export function json(row: Row, column: string): unknown {
  return JSON.parse(text(row, column));
}

export function jsonOrNull(row: Row, column: string): unknown {
  return row[column] === null ? null : json(row, column);
}

function mismatch(column: string, expected: string): never {
  throw new TypeError(`The column ${column} does not hold ${expected}.`);
}
