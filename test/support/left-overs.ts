import { isTellingNumber } from '../../src/monzo/anonymise.ts';
import { isTelling, moveDate, wordsIn } from '../../src/monzo/anonymous-text.ts';

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

const isDate = (text: string) => moveDate(text, 7) !== null && !text.startsWith('0001');

/** What ids and addresses begin with: it says what is meant, not which one. */
const beginnings =
  `acc account anonuser bacsddinstr bacsrcd entryset grp holddecision loan mcauthmsg mccard mcclearingmsg mclifecycle
  merch monzoflex oauth2client pot potdep potwdr receipt rewardsoptin tx user webhook http https`.split(
    /\s+/,
  );

/** A key that could be the API's own stays; one with capitals, other letters or a number cannot be. */
const isForeign = (key: string) => /[^a-z0-9_]|\d{3}/.test(key) && wordsIn(key).some(isTelling);

/**
 * What of the original is left in what was made of it: words of its texts, whole dates, numbers, and keys that cannot be the
 * API's. `allowed` are texts whose words may stay.
 */
export function leftOvers(
  original: unknown,
  shown: unknown,
  allowed: readonly string[] = [],
): readonly unknown[] {
  const [before, after] = [contentsOf(original), contentsOf(shown)];
  const known = new Set([...beginnings, ...allowed.flatMap(wordsIn)]);
  const telling = ({ texts }: Contents) =>
    texts
      .filter((text) => !isDate(text))
      .flatMap(wordsIn)
      .filter((word) => isTelling(word) && !known.has(word));
  const words = new Set(telling(before));
  const dates = new Set(before.texts.filter(isDate));
  const numbers = new Set(before.numbers.filter(isTellingNumber));
  const keys = new Set(before.keys.filter(isForeign));
  return [
    ...telling(after).filter((word) => words.has(word)),
    ...after.texts.filter((text) => dates.has(text)),
    ...after.numbers.filter((number) => numbers.has(number)),
    ...after.keys.filter((key) => keys.has(key)),
  ];
}
