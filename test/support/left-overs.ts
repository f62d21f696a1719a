import { idPrefixes, keysOfBank, partsOfFields, valuesOfBank } from '../../src/monzo/anonymous-words.ts';

/** Looks for what is left of a person's answers in a recording, as someone would who knows those answers. */

interface Contents {
  readonly texts: readonly string[];
  readonly numbers: readonly number[];
  readonly keys: readonly string[];
}

/** All texts, numbers and keys in a value. */
function contentsOf(value: unknown): Contents {
  const [texts, numbers, keys]: [string[], number[], string[]] = [[], [], []];
  const look = (one: unknown): void => {
    if (typeof one === 'string') texts.push(one);
    if (typeof one === 'number') numbers.push(one);
    if (typeof one !== 'object' || one === null) return;
    for (const [key, entry] of Object.entries(one)) {
      if (!Array.isArray(one)) keys.push(key);
      look(entry);
    }
  };
  look(value);
  return { texts, numbers, keys };
}

const dated = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/;
const isNoDate = (text: string) => text.startsWith('0001-01-01');

/** One form for all ways of writing: case, width, and everything between letters and digits. */
const compact = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '');

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const words = (text: string) => text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
/** Words with nothing but short ones beside them: a telephone number, a name letter by letter. */
const spelled = (text: string) =>
  text.match(
    /(?<![\p{L}\p{N}\p{M}])(?:[\p{L}\p{N}]{1,4}[^\p{L}\p{N}\p{M}]{1,3})+[\p{L}\p{N}]{1,4}(?![\p{L}\p{N}\p{M}])/gu,
  ) ?? [];

const fewest = 3;
/** Shorter ones turn up in others by chance. */
const partly = { letters: 8, digits: 12 } as const;
const base64From = 6;

/** What ids and addresses begin with: it says what is meant, not which one. */
const beginnings = new RegExp(
  `(?<![\\p{L}\\p{N}_])(?:https?(?=://)|(?:${[...idPrefixes].join('|')})(?=_[a-z]*[A-Z0-9]))`,
  'gu',
);

/** Every form in which a text would be recognised. */
function formsOf(text: string): readonly string[] {
  const readings = [text, decoded(text)].map((one) => one.replaceAll(beginnings, ''));
  const encoded =
    text.length < base64From
      ? []
      : (['base64', 'base64url'] as const).map((to) => Buffer.from(text).toString(to));
  const parts = dated.test(text) ? [text] : readings.flatMap((one) => [one, ...words(one), ...spelled(one)]);
  return [...parts, ...encoded].map(compact).filter((form) => Array.from(form).length >= fewest);
}

const isLong = (form: string) => form.length >= (/^\d+$/.test(form) ? partly.digits : partly.letters);

/** A key without what makes it the bank's. */
function foreignIn(key: string): string {
  if (keysOfBank.has(key)) return '';
  const isNewField = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(key);
  return isNewField ? key.replaceAll(/[a-z0-9]+/g, (part) => (partsOfFields.has(part) ? '' : part)) : key;
}

/**
 * What of the original is left in what was made of it: texts, keys and numbers, however they are written. The bank's own
 * words may stay, each as a text of its own, and so may those that are `allowed`.
 */
export function leftOvers(
  original: unknown,
  shown: unknown,
  allowed: readonly string[] = [],
): readonly unknown[] {
  const [before, after] = [contentsOf(original), contentsOf(shown)];
  const own = new Set([...valuesOfBank, ...allowed]);
  const secrets = new Set([
    ...before.texts.filter((text) => !isNoDate(text) && !own.has(text)).flatMap(formsOf),
    ...before.keys.map(foreignIn).flatMap(formsOf),
    ...before.numbers.map((number) => compact(String(number))).filter((form) => form.length >= fewest),
  ]);
  const long = [...secrets].filter(isLong);
  const isLeft = (text: string) => {
    if (isNoDate(text) || own.has(text)) return false;
    const whole = compact(text);
    if (dated.test(text)) return secrets.has(whole);
    const parts = [...words(text), ...words(decoded(text))].map(compact);
    const isWhole = Array.from(whole).length >= 2 * fewest && secrets.has(whole);
    return isWhole || parts.some((part) => secrets.has(part)) || long.some((form) => whole.includes(form));
  };
  const isLeftText = (text: string) => isLeft(text.replaceAll(beginnings, ''));
  const numbers = new Set(before.numbers.map(Math.abs));
  numbers.delete(0);
  const isLeftNumber = (number: number) =>
    numbers.has(Math.abs(number)) || (Number.isInteger(number) && secrets.has(String(Math.abs(number))));
  return [
    ...after.texts.filter(isLeftText),
    ...after.keys.filter((key) => isLeftText(foreignIn(key))),
    ...after.numbers.filter(isLeftNumber),
  ];
}
