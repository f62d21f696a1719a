import type { NotePosition } from '../../domain/bank-questions.ts';
import { parseInstant, type Instant } from '../../domain/values.ts';
import type { Clock } from '../../clock.ts';
import { createRecent } from '../../memo.ts';
import type { JudgedAnswer } from '../exchange.ts';
import { isJsonObject } from '../shape.ts';

/** How many rows, and how much else, is compared with what the bank says of it later. */
export const compared = { rows: 500, others: 200 } as const;

export interface WatchTools {
  readonly note: NotePosition;
  readonly clock: Clock;
}

/** Looks at one answer that a login got. */
export type Watch = (answer: JudgedAnswer, loginId: string) => void;

export type Row = Readonly<Record<string, unknown>>;

/** A call such as `GET /pots/:id`, for comparing. */
export function callOf({ request: { method, path } }: JudgedAnswer): string {
  return `${method} ${path.replace(/^(\/(?:pots|transactions|webhooks))\/[^/]+/, '$1/:id')}`;
}

/** The account that a call is about; empty where it is about none. */
export function accountIn({ request: { query, form } }: JudgedAnswer): string {
  return textOf(query?.['account_id'] ?? query?.['current_account_id'] ?? form?.['account_id']);
}

/** The rows of a list; null where the answer is none, or has none. */
export function rowsIn({ body, refusal }: JudgedAnswer, key: string): readonly Row[] | null {
  const rows = refusal === null && isJsonObject(body) ? body[key] : null;
  return Array.isArray(rows) ? (rows as readonly unknown[]).filter(isJsonObject) : null;
}

/** A member that is an object; an empty one where it is not. */
export function under(row: unknown, key: string): Row {
  const value = isJsonObject(row) ? row[key] : null;
  return isJsonObject(value) ? value : {};
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function instantOf(value: unknown): Instant | null {
  return parseInstant(textOf(value));
}

/** A table in memory that makes what is missing, and forgets the oldest. */
export function remembered<Value>(make: () => Value, atMost: number = compared.others) {
  const recent = createRecent<Value>(atMost);
  return (key: string): Value => {
    const value = recent.get(key) ?? make();
    recent.set(key, value);
    return value;
  };
}
