import { z } from 'zod';
import { parseInstant } from '../domain/values.ts';

/** A place where the bank's JSON is not what we know. Names the shape, never shows the value that surprised. */
export interface UnknownShape {
  readonly where: ShapePlace;
  /** Such as `merchant.name` or `owners[].user_id`; empty for the row itself. */
  readonly path: string;
  readonly expected: string;
  /** A JSON type, or `absent`. */
  readonly got: string;
  /** The row as JSON text; empty for tokens and webhooks, whose rows are secrets. */
  readonly raw: string;
}

export type ShapePlace = 'account' | 'pot' | 'balance' | 'transaction' | 'webhook' | 'token';

export type ShapeReport = (shape: UnknownShape) => void;

/** Ids become topics and paths, so nothing else is let in. */
const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Whether a text is a Monzo id that may stand in a topic or a path. */
export function isBankId(text: unknown): text is string {
  return typeof text === 'string' && idPattern.test(text);
}

/** The building blocks of every schema of the wire; each one's message is what a report calls `expected`. */
export const text = z.string('text');
export const flag = z.boolean('true or false');
export const id = z.custom<string>(isBankId, 'an id');
/** Minor units. */
export const minor = z.custom<number>(Number.isSafeInteger, 'a whole number');
export const instant = z
  .custom<string>((value) => typeof value === 'string' && parseInstant(value) !== null, 'a timestamp')
  .transform((value) => parseInstant(value) ?? 0);
export const currency = z
  .custom<string>((value) => typeof value === 'string' && /^[A-Za-z]{3}$/.test(value), 'a currency code')
  .transform((value) => value.toUpperCase());

/** A field that may be left out, null or the empty string, which is Monzo's null: all three become the fallback. */
export function optional<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return z.preprocess(emptied, schema.optional()).transform((value) => value ?? fallback);
}

/** As `optional`, with null as the fallback. */
export function orNull<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(emptied, schema.optional()).transform((value) => value ?? null);
}

function emptied(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}
