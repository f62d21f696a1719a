import { z } from 'zod';
import { bankDetails } from '../domain/account.ts';
import { splitOf, type Transaction } from '../domain/transaction.ts';
import { rowsInMemory } from '../limits.ts';
import { createRecent } from '../memo.ts';
import {
  bankJsonText,
  currency,
  flag,
  id,
  instant,
  isJsonObject,
  minor,
  optional,
  orNull,
  text,
  type RowKind,
  type RowReader,
} from './shape.ts';

const noMerchant = { id: null, name: null, atm: false };
const noCounterparty = {
  preferred_name: null,
  name: null,
  account_id: null,
  sort_code: null,
  account_number: null,
};
const noMetadata = {
  pot_id: null,
  external_id: null,
  bacs_direct_debit_instruction_id: null,
  original_transaction_id: null,
  spender_full_name: null,
  spender_first_name: null,
};

/** Null, an id, or an object where `expand[]` was sent. */
const merchant = z.preprocess(
  (value) => (typeof value === 'string' && value !== '' ? { id: value } : value),
  optional(
    z.object({ id: orNull(text), name: orNull(text), atm: optional(flag, false) }, 'text or an object'),
    noMerchant,
  ),
);

const counterparty = optional(
  z.object(
    {
      preferred_name: orNull(text),
      name: orNull(text),
      account_id: orNull(text),
      sort_code: orNull(text),
      account_number: orNull(text),
    },
    'an object',
  ),
  noCounterparty,
);

/** Monzo's free map, of which a few entries are read. */
const metadata = optional(
  z.object(
    {
      pot_id: orNull(id),
      external_id: orNull(text),
      bacs_direct_debit_instruction_id: orNull(text),
      original_transaction_id: orNull(text),
      spender_full_name: orNull(text),
      spender_first_name: orNull(text),
    },
    'an object',
  ),
  noMetadata,
);

const fields = {
  id,
  amount: minor,
  created: instant,
  updated: orNull(instant),
  settled: orNull(instant),
  amount_is_pending: optional(flag, false),
  currency: orNull(currency),
  local_amount: orNull(minor),
  local_currency: orNull(currency),
  decline_reason: orNull(text),
  description: optional(text, ''),
  notes: optional(text, ''),
  category: optional(text, ''),
  categories: z.unknown().optional(),
  scheme: optional(text, ''),
  is_load: optional(flag, false),
  include_in_spending: optional(flag, true),
  merchant,
  counterparty,
  metadata,
};

const loneSchema = z.object({ ...fields, account_id: id }, 'an object');
const listedSchema = z.object({ ...fields, account_id: orNull(id) }, 'an object');

const loneRow: RowKind<z.output<typeof loneSchema>> = {
  where: 'transaction',
  schema: loneSchema,
  essentials: ['id', 'account_id', 'amount', 'created'],
};

/** A row of an account's list, where the account is known without it. */
const listedRow: RowKind<z.output<typeof listedSchema>> = {
  where: 'transaction',
  schema: listedSchema,
  essentials: ['id', 'amount', 'created'],
};

/**
 * Reads one row of `/transactions`; null where its id, account, amount or time cannot be read. `accountId` is for rows that do
 * not name their account themselves.
 */
export type TransactionReader = (value: unknown, accountId?: string) => Transaction | null;

/** Reads a row of a list once: while the bank shows it byte for byte as before, it is the same object. */
export function createTransactionReader(read: RowReader): TransactionReader {
  const known = createRecent<Transaction>(rowsInMemory);
  return (value, accountId) => {
    const raw = bankJsonText(value);
    if (accountId === undefined) return transactionOf(read(loneRow, value), raw);
    const rowId = isJsonObject(value) ? value['id'] : null;
    const before = typeof rowId === 'string' ? known.get(rowId) : undefined;
    if (before?.raw === raw && before.accountId === accountId) return before;
    const transaction = transactionOf(read(listedRow, value), raw, accountId);
    if (transaction !== null) known.set(transaction.id, transaction);
    return transaction;
  };
}

function transactionOf(row: Row | null, raw: string, accountId?: string): Transaction | null {
  const account = row?.account_id ?? accountId;
  return row === null || account === undefined ? null : { ...fieldsOf(row), accountId: account, raw };
}

type Row = z.output<typeof listedSchema>;

/** An amount without its currency says nothing, nor a currency without its amount: then the account's own count. */
function moneyOf({ amount, currency: own, local_amount: local, local_currency: abroad }: Row) {
  const isSame = local === null || local === amount;
  const currencyOfAccount = own ?? (isSame ? abroad : null) ?? 'GBP';
  const isLocal = local !== null && abroad !== null;
  return {
    amount,
    currency: currencyOfAccount,
    localAmount: isLocal ? local : amount,
    localCurrency: isLocal ? abroad : currencyOfAccount,
  };
}

/** Null, an empty list or a map of categories to whole amounts; anything else tells of no split. */
function sharesIn(categories: unknown): ReadonlyMap<string, number> {
  const entries = isJsonObject(categories) ? Object.entries(categories) : [];
  return new Map(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])));
}

/** The description of a pot move is the pot's id, unless somebody named the move. */
function potIn({ scheme, description }: Row): string | null {
  return scheme.endsWith('_pot') && /^pot_[A-Za-z0-9]+$/.test(description) ? description : null;
}

function fieldsOf(row: Row): Omit<Transaction, 'accountId' | 'raw'> {
  return {
    id: row.id,
    created: row.created,
    updated: row.updated ?? row.created,
    settles: row.settled,
    amountIsPending: row.amount_is_pending,
    ...moneyOf(row),
    declineReason: row.decline_reason,
    description: row.description,
    notes: row.notes,
    category: row.category,
    split: splitOf(row.amount, row.category, sharesIn(row.categories)),
    scheme: row.scheme,
    isLoad: row.is_load,
    inSpending: row.include_in_spending,
    merchantId: row.merchant.id,
    merchantName: row.merchant.name,
    atm: row.merchant.atm,
    counterparty: row.counterparty.preferred_name ?? row.counterparty.name,
    counterpartyAccount: row.counterparty.account_id,
    counterpartyBank: bankDetails(row.counterparty.sort_code, row.counterparty.account_number),
    isDirectDebit: row.metadata.bacs_direct_debit_instruction_id !== null,
    originalId: row.metadata.original_transaction_id,
    spender: row.metadata.spender_full_name ?? row.metadata.spender_first_name,
    potId: row.metadata.pot_id ?? potIn(row),
    externalId: row.metadata.external_id,
  };
}
