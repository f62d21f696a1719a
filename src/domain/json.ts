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
 * Parses JSON text, with `readNumber` deciding from a number and the text it was written as what stands in its place.
 * A key called `__proto__` stays an ordinary one. Throws SyntaxError.
 */
export function parseJson(text: string, readNumber: (value: number, source: string) => unknown): unknown {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? readNumber(value, context.source) : value,
  );
}

/** An opaque object that prints as the number it was written as. */
export function rawNumber(source: string): object {
  return json.rawJSON(source);
}

/** Whether the value is such an object. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}
