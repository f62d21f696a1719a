import { parseJson, rawNumber } from '../../domain/json.ts';

/**
 * JSON text as a value that prints again as it was written, numbers to the letter: the bank's large integers pass
 * through us whole. Home Assistant hangs up on a number that no double can hold, so such a one becomes text.
 */
export function verbatim(text: string): unknown {
  return parseJson(text, (value, source) => (Number.isFinite(value) ? rawNumber(source) : source));
}

/** Half a character, as JSON writes it; an escaped backslash before it is matched too, and left alone. */
const escapes = /\\(?:\\|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/** JSON text with every half character replaced: Home Assistant hangs up on them. Takes what JSON.stringify wrote. */
export function wellFormed(text: string): string {
  return text.replace(escapes, (escape) => (escape === '\\\\' ? escape : String.raw`\ufffd`));
}
