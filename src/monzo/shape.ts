import { z } from 'zod';
import { isRawNumber, parseInstant, parseJson, rawNumber } from '../domain/values.ts';

/**
 * Parses the bank's JSON. Integers that a double cannot hold, and numbers that overflow it, become opaque objects
 * that print as they were written. A key called `__proto__` stays an ordinary one. Throws
 * SyntaxError.
 */
export function parseBankJson(text: string): unknown {
  if (!mayBeUnheld.test(text)) return JSON.parse(text) as unknown;
  return parseJson(text, (value, source) => (isHeld(value) ? value : rawNumber(source)));
}

/**
 * Where no number has sixteen digits before its point, or an exponent, a double holds them all, and plain parsing takes a
 * fifth of the time. The places of merchants have as many digits after it, which are no reason to look closer.
 */
const mayBeUnheld = /(?:^|[:,[\s])-?(?:\d{16}|\d[\d.]*[eE])/;

/** The JSON text of something that `parseBankJson` returned; large numbers are written as the bank wrote them. */
export function bankJsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** The JSON type of a value, for reports about shapes. */
export function jsonTypeOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isRawNumber(value) ? 'number' : typeof value;
}

/** Whether the value is a JSON object. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return jsonTypeOf(value) === 'object';
}

function isHeld(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

/** A place where the bank's JSON is not as expected. It holds the types that were found, not the values. */
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

/** Ids become topics and paths, so no other characters are allowed. */
const idPattern = /^[A-Za-z0-9_-]{1,100}$/;

/** Whether a text is a Monzo id that may stand in a topic or a path. */
export function isBankId(text: unknown): text is string {
  return typeof text === 'string' && idPattern.test(text);
}

/** The building blocks of the schemas of the wire. The message of each is the report's `expected`. */
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

/** As `optional`, without a fallback: what is left out says nothing. */
export function unsaid<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess(emptied, schema.optional());
}

function emptied(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}

/** How one kind of row is read. A row without one of its essential fields is dropped. */
export interface RowKind<Row> {
  readonly where: ShapePlace;
  readonly schema: z.ZodType<Row>;
  readonly essentials: readonly string[];
}

export type RowReader = <Row>(kind: RowKind<Row>, value: unknown) => Row | null;

/** A row without its unreadable fields, and which those were. */
export interface ReadFields<Row> {
  readonly row: Row;
  readonly lost: ReadonlySet<string>;
}

export type FieldReader = <Row>(kind: RowKind<Row>, value: unknown) => ReadFields<Row> | null;

type Path = readonly PropertyKey[];

/** How many times the unreadable fields of a row are left out before the row is dropped. */
const deepest = 8;
const longestRaw = 65_536;
const mostShapes = 1_000;
const secretive: ReadonlySet<ShapePlace> = new Set(['token', 'webhook']);

/**
 * Reads rows so that an unreadable field costs the field and not the row: it is left out, and its fallback is used.
 * Null where an essential field cannot be read. Each shape is reported once.
 */
export function createFieldReader(report: ShapeReport): FieldReader {
  const reportOnce = once(report);
  return ({ where, schema, essentials }, value) => {
    const lost = new Set<string>();
    let remaining = value;
    for (let layer = 0; layer < deepest; layer += 1) {
      const parsed = schema.safeParse(remaining);
      if (parsed.success) return { row: parsed.data, lost };
      const paths = parsed.error.issues.map(({ path }) => path);
      for (const { path, message } of parsed.error.issues)
        reportOnce({ where, ...shapeAt(value, { path, looked: remaining, expected: message }) });
      if (paths.some((path) => path.length === 0 || essentials.includes(String(path[0])))) return null;
      for (const [field] of paths) lost.add(String(field));
      remaining = paths.toReversed().reduce(without, remaining);
    }
    return null;
  };
}

/** As `createFieldReader`, where it makes no difference which fields are unreadable. */
export function createRowReader(report: ShapeReport): RowReader {
  const read = createFieldReader(report);
  return (kind, value) => read(kind, value)?.row ?? null;
}

/** Reports each shape once, however many rows have it. */
export function once(report: ShapeReport): ShapeReport {
  const reported = new Set<string>();
  return (shape) => {
    const { where, path, expected, got } = shape;
    const key = JSON.stringify([where, path, expected, got]);
    if (reported.has(key) || reported.size >= mostShapes) return;
    reported.add(key);
    report(secretive.has(where) ? { ...shape, raw: '' } : shape);
  };
}

interface Mismatch {
  readonly path: Path;
  /** The row as it was when the mismatch was found; indexes in the path refer to it. */
  readonly looked: unknown;
  readonly expected: string;
}

/** Describes what is found at the path of a row. */
export function shapeAt(row: unknown, { path, looked, expected }: Mismatch): Omit<UnknownShape, 'where'> {
  return {
    path: pathText(path),
    expected,
    got: jsonTypeOf(path.reduce(valueUnder, looked)),
    raw: bankJsonText(row).slice(0, longestRaw),
  };
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number' ? `${text}[]` : text === '' ? String(key) : `${text}.${String(key)}`,
    '',
  );
}

function valueUnder(value: unknown, key: PropertyKey): unknown {
  if (Array.isArray(value)) return (value as readonly unknown[])[Number(key)];
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[String(key)] : undefined;
}

/** A copy in which the entry at the path is missing. Later entries of a list move up, so lists are emptied backwards. */
function without(value: unknown, path: Path): unknown {
  const [key, ...deeper] = path;
  if (key === undefined) return value;
  const rest = deeper.length === 0 ? undefined : without(valueUnder(value, key), deeper);
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return deeper.length === 0 ? list.toSpliced(Number(key), 1) : list.with(Number(key), rest);
  }
  if (!isJsonObject(value)) return value;
  const { [String(key)]: _left, ...others } = value;
  return deeper.length === 0 ? others : { ...others, [String(key)]: rest };
}
