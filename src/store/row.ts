/** What SQLite keeps in a column and takes as a parameter. */
export type Value = null | number | bigint | string | Uint8Array;

export type Row = Readonly<Record<string, Value>>;

/** The text of a column; throws where the schema promised one and the row has none. */
export function text(row: Row, column: string): string {
  const value = row[column];
  return typeof value === 'string' ? value : mismatch(column, 'text');
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

/** The number of an integer column: amounts in minor units, instants in milliseconds. */
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
