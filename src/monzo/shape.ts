import { z } from 'zod';
import { isRawNumber, parseJson, rawNumber } from '../domain/json.ts';
import { parseInstant } from '../domain/values.ts';

/**
 * Parses what the bank wrote. Integers that a double cannot hold, and numbers that overflow it, come back as
 * opaque objects which print as they were written. A key called `__proto__` stays an ordinary one. Throws
 * SyntaxError.
 */
export function parseBankJson(text: string): unknown {
  return parseJson(text, (value, source) => (isHeld(value) ? value : rawNumber(source)));
}

/** The JSON text of something that `parseBankJson` returned, with every large number to the letter. */
export function bankJsonText(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** What JSON would call the value: for reports about shapes, which never show values. */
export function jsonTypeOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isRawNumber(value) ? 'number' : typeof value;
}

/** Whether the value is a JSON object, and so may be asked for its keys. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return jsonTypeOf(value) === 'object';
}

function isHeld(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}

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

/** How one sort of row is read: without an essential field a row is worth nothing. */
export interface RowKind<Row> {
  readonly where: ShapePlace;
  readonly schema: z.ZodType<Row>;
  readonly essentials: readonly string[];
}

export type RowReader = <Row>(kind: RowKind<Row>, value: unknown) => Row | null;

type Path = readonly PropertyKey[];

/** A row that is hopeless in this many layers is not worth a further look. */
const deepest = 8;
const longestRaw = 65_536;
const mostShapes = 1_000;
const secretive: ReadonlySet<ShapePlace> = new Set(['token', 'webhook']);

/**
 * Reads rows so that one odd field costs that field and not the row: what has a surprising shape is left out, so
 * that its fallback holds. Null where an essential field is broken. Each shape is reported once.
 */
export function createRowReader(report: ShapeReport): RowReader {
  const reportOnce = once(report);
  return ({ where, schema, essentials }, value) => {
    let remaining = value;
    for (let layer = 0; layer < deepest; layer += 1) {
      const parsed = schema.safeParse(remaining);
      if (parsed.success) return parsed.data;
      const paths = parsed.error.issues.map(({ path }) => path);
      for (const { path, message } of parsed.error.issues)
        reportOnce({ where, ...shapeAt(value, { path, looked: remaining, expected: message }) });
      if (paths.some((path) => path.length === 0 || essentials.includes(String(path[0])))) return null;
      remaining = paths.toReversed().reduce(without, remaining);
    }
    return null;
  };
}

/** Passes each shape on once, however many rows have it. */
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

interface Surprise {
  readonly path: Path;
  /** The row as it stood when the surprise was found; indexes in the path belong to it. */
  readonly looked: unknown;
  readonly expected: string;
}

/** Describes what is found at the path of a row. */
export function shapeAt(row: unknown, { path, looked, expected }: Surprise): Omit<UnknownShape, 'where'> {
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
