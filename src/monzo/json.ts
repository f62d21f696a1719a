interface NumberContext {
  /** The number as it was written; only given for values that are not objects or arrays. */
  readonly source?: string;
}

/** The parts of JSON that the type library does not know yet. */
interface JsonWithSources {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: NumberContext | undefined) => unknown,
  ): unknown;
}

const json = JSON as unknown as JsonWithSources;

/**
 * Parses what the bank wrote. Integers that a double cannot hold, and numbers that overflow it, come back as
 * opaque objects which print as they were written. A key called `__proto__` stays an ordinary one. Throws
 * SyntaxError.
 */
export function parseBankJson(text: string): unknown {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && !isHeld(value)
      ? json.rawJSON(context.source)
      : value,
  );
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
  return json.isRawJSON(value) ? 'number' : typeof value;
}

/** Whether the value is a JSON object, and so may be asked for its keys. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return jsonTypeOf(value) === 'object';
}

function isHeld(value: number): boolean {
  return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value));
}
