import type { z } from 'zod';
import { bankJsonText, isJsonObject, jsonTypeOf } from './json.ts';
import type { ShapePlace, ShapeReport, UnknownShape } from './shape.ts';

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
