import { stringify } from 'csv-stringify/sync';
import type { TransactionItem } from '../contract/bank-data.ts';

type Column = Exclude<keyof TransactionItem, 'internal' | 'amount_minor' | 'local_amount_minor'>;

/** In the order in which people look at them. */
const transactionColumns: readonly Column[] = [
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

type Cell = string | number | boolean | null;

export interface CsvTable<Column extends string> {
  /** The first line, with the names of the columns. */
  readonly head: string;
  /** The lines of so many rows: RFC 4180. Whatever strangers wrote in them stays text. */
  readonly lines: (rows: readonly Readonly<Record<Column, Cell>>[]) => string;
}

/** A table with these columns, one row a line. */
export function csvTable<Column extends string>(columns: readonly Column[]): CsvTable<Column> {
  return {
    head: byteOrderMark + stringify([columns], options),
    lines: (rows) =>
      stringify(
        rows.map((row) => columns.map((column) => row[column])),
        options,
      ),
  };
}

/** Transactions, with amounts in major units. */
export const transactionTable = csvTable(transactionColumns);

/** A formula behind blanks would be one as soon as somebody trims them. */
function tamed(text: string): string {
  return text.replace(invisible, ' ').replace(turning, '').trim();
}
