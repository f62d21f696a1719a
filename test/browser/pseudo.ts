/** A language for tests: every text of the page, in letters that are not ASCII, and longer, as most languages are. */

const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const foreign = 'áƀçđéƒğĥíĵķĺɱñóþɋŕšţúṽŵẋýžÁƁÇĐÉƑĞĤÍĴĶĹṀÑÓÞɊŔŠŢÚṼŴẊÝŽ';
const longer = /[aeiou]/gi;

/** The text in that language. */
export function accented(text: string): string {
  return text
    .replace(longer, '$&$&')
    .replace(/[a-z]/gi, (letter) => foreign[plain.indexOf(letter)] ?? letter);
}

type Said = (...given: readonly unknown[]) => unknown;

/** All texts of a table; what a text is given stays as it is. */
export function pseudo<Texts>(texts: Texts): Texts;
export function pseudo(texts: unknown): unknown {
  if (typeof texts === 'string') return accented(texts);
  if (Array.isArray(texts)) return texts.map((text: unknown) => pseudo(text));
  if (isSaid(texts)) return (...given: readonly unknown[]) => around(texts(...given), given);
  if (typeof texts !== 'object' || texts === null) return texts;
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, pseudo<unknown>(text)]));
}

function isSaid(text: unknown): text is Said {
  return typeof text === 'function';
}

function around(said: unknown, given: readonly unknown[]): unknown {
  if (typeof said !== 'string') return said;
  const data = given
    .filter((one) => typeof one === 'string' && one !== '')
    .map((one) => RegExp.escape(String(one)));
  if (data.length === 0) return accented(said);
  // Split at what was given, which then stands at every second place.
  return said
    .split(new RegExp(`(${data.join('|')})`))
    .map((part, place) => (place % 2 === 0 ? accented(part) : part))
    .join('');
}
