interface NumberContext {
  readonly source?: string;
}

/** The parts of JSON that the type library does not know yet. */
interface JsonWithSources {
  rawJSON(text: string): object;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: NumberContext | undefined) => unknown,
  ): unknown;
}

const json = JSON as unknown as JsonWithSources;

/**
 * JSON text as a value that prints again as it was written, numbers to the letter: the bank's large integers pass
 * through us whole. Home Assistant hangs up on a number that no double can hold, so such a one becomes text.
 */
export function verbatim(text: string): unknown {
  return json.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || context?.source === undefined) return value;
    return Number.isFinite(value) ? json.rawJSON(context.source) : context.source;
  });
}

/** Half a character, as JSON writes it; an escaped backslash before it is matched too, and left alone. */
const escapes = /\\(?:\\|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/** JSON text with every half character replaced: Home Assistant hangs up on them. Takes what JSON.stringify wrote. */
export function wellFormed(text: string): string {
  return text.replace(escapes, (escape) => (escape === '\\\\' ? escape : String.raw`\ufffd`));
}
