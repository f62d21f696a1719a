import type { z } from 'zod';

/** What is wrong with a request: in which field (null: in the whole of it), and the rule it broke ("must be text"). */
export interface Mistake {
  readonly field: string | null;
  readonly rule: string;
}

/** A longer list would not help. */
const mostShown = 5;

export function mistakesText({ mistakes }: { readonly mistakes: readonly Mistake[] }): string {
  return mistakes
    .slice(0, mostShown)
    .map(({ field, rule }) => `${field ?? 'The request'} ${rule}.`)
    .join(' ');
}

export type Checked<Value> = { readonly value: Value } | { readonly mistakes: readonly Mistake[] };

/**
 * Checks a value against a shape. A shape's own messages must be rules too: "must be a currency such as GBP". `part` is the
 * part of a request that the value stands in, such as "query".
 */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  part?: string,
): Checked<z.output<Schema>> {
  const result = schema.safeParse(value, { error: ruleOf });
  if (result.success) return { value: result.data };
  const mistakes = result.error.issues.map(({ path, message }) => {
    const field = path.join('.');
    if (part === undefined) return { field: field === '' ? null : field, rule: message };
    return { field: field === '' ? `The ${part}` : `${field} in the ${part}`, rule: message };
  });
  return { mistakes };
}

/** The rule that was broken, from what the schema library knows of it and not from its English. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'unrecognized_keys') return unknownKeys(issue);
  // A key of a record: its own rule says more.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? `must be ${expected(issue)}`;
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
  object: 'a JSON object',
  record: 'a JSON object',
};

function expected(issue: z.core.$ZodRawIssue): string {
  if (issue.code === 'invalid_type') return types[issue.expected] ?? `of the type ${issue.expected}`;
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  if (issue.code === 'too_small') return sized(issue.origin, { side: 'at least', limit: issue.minimum });
  if (issue.code === 'too_big') return sized(issue.origin, { side: 'at most', limit: issue.maximum });
  return 'of the form that the API describes';
}

function oneOf(choices: readonly string[]): string {
  return choices.length === 1 ? String(choices[0]) : `one of: ${choices.join(', ')}`;
}

interface Size {
  readonly side: 'at least' | 'at most';
  readonly limit: number | bigint;
}

function sized(origin: string, { side, limit }: Size): string {
  if (origin === 'string') return `text of ${side} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
  if (origin === 'array') return `a list of ${side} ${limit}`;
  return `${side} ${limit}`;
}
