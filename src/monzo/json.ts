import { isRawNumber, parseJson, rawNumber } from '../domain/json.ts';

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
