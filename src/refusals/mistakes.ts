import type { z } from 'zod';
import { deepestRequest } from '../limits.ts';

/** What is wrong with a request: in which field (null: in the whole of it), and the rule it broke ("must be text"). */
export interface Mistake {
  readonly field: string | null;
  readonly rule: string;
}

/** The rule of texts that name a day or an instant. */
export const momentRule = 'must be a day such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z';

/** A longer list would not help. */
const mostShown = 5;

export function mistakesText({ mistakes }: { readonly mistakes: readonly Mistake[] }): string {
  const sentences = new Set(mistakes.map(({ field, rule }) => `${field ?? 'The request'} ${rule}.`));
  return [...sentences].slice(0, mostShown).join(' ');
}

export type Checked<Value> = { readonly value: Value } | { readonly mistakes: readonly Mistake[] };

/**
 * Checks a value against a shape. Text that is not well-formed Unicode is refused wherever it stands: stored and hashed, half
 * a surrogate pair becomes U+FFFD, and two different ids would be one. A shape's own messages must be rules too: "must be a currency such as GBP". `part` is the
 * part of a request that the value stands in, such as "query".
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part?: string,
): Checked<z.output<Schema>> {
  const at = (field: string) => {
    if (part === undefined) return field === '' ? null : field;
    return field === '' ? `The ${part}` : `${field} in the ${part}`;
  };
  const unfit = unfitIn(value);
  if (unfit) return { mistakes: [{ ...unfit, field: at(unfit.field) }] };
  const result = schema.safeParse(value, { error: ruleOf });
  if (result.success) return { value: result.data };
  return {
    mistakes: result.error.issues.map(({ path, message }) => ({
      field: at(fieldOf(path)),
      rule: part === 'query' && isRepeated(value, path) ? 'must be given once' : message,
    })),
  };
}

/** A member as a person would name it: `ids` with a list in it counts its entries from 1. */
function fieldOf(path: readonly PropertyKey[]): string {
  const entry = path.findIndex((step) => typeof step === 'number');
  if (entry === -1) return path.join('.');
  const [list, inner] = [path.slice(0, entry), path.slice(entry + 1)];
  const which = `entry ${Number(path[entry]) + 1} of ${list.length === 0 ? 'the list' : list.join('.')}`;
  return inner.length === 0 ? which : `${fieldOf(inner)} in ${which}`;
}

/** A parameter that stands in an address twice arrives as a list. */
function isRepeated(query: unknown, [name]: readonly PropertyKey[]): boolean {
  return Array.isArray((query as Readonly<Record<PropertyKey, unknown>> | null)?.[name ?? '']);
}

/** Whether a parsed JSON value has objects and lists within each other beyond this depth. */
export function isDeeperThan(levels: number, value: unknown): boolean {
  return [...partsOf(value)].some(({ depth }) => depth > levels);
}

interface Unfit {
  /** The field of the request that it stands in; empty for the whole. */
  readonly field: string;
  readonly rule: string;
}

/** What no shape may let through. */
function unfitIn(value: unknown): Unfit | null {
  for (const { text, field, depth } of partsOf(value)) {
    if (depth > deepestRequest)
      return { field, rule: `must be nested at most ${deepestRequest} levels deep` };
    if (text?.isWellFormed() === false) return { field: field.toWellFormed(), rule: wellFormed };
  }
  return null;
}

const wellFormed = 'must be well-formed Unicode text: it contains half of a surrogate pair, such as \\ud800';

interface Part {
  /** A text or the name of a field; null for anything else. */
  readonly text: string | null;
  readonly field: string;
  readonly depth: number;
}

/** Every part of a parsed JSON value, without recursion: a million brackets must not exhaust the stack. */
function* partsOf(whole: unknown): Generator<Part> {
  const open: { readonly value: unknown; readonly field: string; readonly depth: number }[] = [
    { value: whole, field: '', depth: 0 },
  ];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    const isNested = typeof value === 'object' && value !== null;
    yield {
      text: typeof value === 'string' ? value : null,
      field: next.field,
      depth: isNested ? depth + 1 : depth,
    };
    if (!isNested) continue;
    const isList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      const field = next.field === '' ? key : next.field;
      if (!isList) yield { text: key, field, depth };
      open.push({ value: inner, field, depth: depth + 1 });
    }
  }
}

/** The rule that was broken, from what the schema library knows of it and not from its English. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue);
  // A key of a record: its own rule says more.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? `must be ${expected(issue)}`;
  if (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1)
    return 'must not be empty';
  // What may be anything is checked later, once it is there.
  if (issue.code === 'invalid_type' && issue.expected === 'nonoptional') return 'is missing';
  const right = expected(issue);
  return issue.input === undefined ? `is missing: it must be ${right}` : `must be ${right}`;
}

function unknownKeys({ keys, inst }: z.core.$ZodRawIssue<z.core.$ZodIssueUnrecognizedKeys>): string {
  const { shape = {} } = (inst?._zod.def ?? {}) as { readonly shape?: Readonly<Record<string, unknown>> };
  const known = Object.keys(shape).join(', ');
  return `must not contain ${keys.join(', ')}: it takes ${known === '' ? 'no fields' : `only ${known}`}`;
}

const types: Readonly<Partial<Record<string, string>>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  null: 'null',
  object: 'a JSON object',
  record: 'a JSON object',
};

function expected(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return types[issue.expected] ?? `of the type ${issue.expected}`;
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  if (issue.code === 'invalid_union') return anyOf(issue.errors);
  const isStrict = 'inclusive' in issue && issue.inclusive === false;
  if (issue.code === 'too_small')
    return sized(issue.origin, { side: isStrict ? 'more than' : 'at least', limit: issue.minimum });
  if (issue.code === 'too_big')
    return sized(issue.origin, { side: isStrict ? 'less than' : 'at most', limit: issue.maximum });
  return 'of the form that the API describes';
}

/** What each of several shapes asks for: "text or a number". */
function anyOf(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const rules = errors.flatMap(([first]) =>
    first === undefined ? [] : [first.message.replace(/^must be /, '')],
  );
  return [...new Set(rules)].join(' or ');
}

function oneOf(choices: readonly string[]): string {
  return choices.length === 1 ? String(choices[0]) : `one of: ${choices.join(', ')}`;
}

interface Size {
  readonly side: 'at least' | 'more than' | 'at most' | 'less than';
  readonly limit: number | bigint;
}

function sized(origin: string, { side, limit }: Size): string {
  if (origin === 'string') return `text of ${side} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `a list of ${side} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `${side} ${limit}`;
}
