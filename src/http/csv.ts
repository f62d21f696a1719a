import { stringify } from 'csv-stringify/sync';
import type { TransactionItem } from './contract-transactions.ts';

type Column = Exclude<keyof TransactionItem, 'internal' | 'amount_minor' | 'local_amount_minor'>;

/** In the order in which people look at them. */
const columns: readonly Column[] = [
  'created',
  'name',
  'amount',
  'currency',
  'category',
  'notes',
  'description',
  'kind',
  'flow',
  'status',
  'settled',
  'local_amount',
  'local_currency',
  'merchant',
  'counterparty',
  'scheme',
  'decline_reason',
  'account_id',
  'pot_id',
  'merchant_id',
  'id',
  'updated',
];

/** So that spreadsheets know the encoding. */
const byteOrderMark = '\uFEFF';

/** What shows as nothing, or turns the text around it: fit for a screen that knows it, not for a cell. */
const invisible = /[\p{Cc}\u2028\u2029]+/gu;
const turning = /[\u202A-\u202E\u2066-\u2069]/g;

const options = {
  record_delimiter: 'windows',
  // A text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers.
  escape_formulas: true,
  cast: { string: tamed },
} as const;

/** The first line of a table of transactions. */
export function csvHead(): string {
  return byteOrderMark + stringify([columns], options);
}

/** The lines of so many transactions: RFC 4180, amounts in major units. Whatever strangers wrote in them stays text. */
export function csvLines(items: readonly TransactionItem[]): string {
  return stringify(
    items.map((item) => columns.map((column) => item[column])),
    options,
  );
}

/** A formula behind blanks would be one as soon as somebody trims them. */
function tamed(text: string): string {
  return text.replace(invisible, ' ').replace(turning, '').trim();
}
