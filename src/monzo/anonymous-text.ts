import { createHmac } from 'node:crypto';

/** Stand-ins for texts: as long, of the same kinds of characters, and the same wherever the same word stands. */

const letters = (text: string): readonly string[] => Array.from(text);

/** What stands in for a character of each kind; the first kind that fits counts. */
const alphabets: readonly (readonly [RegExp, readonly string[]])[] = [
  [/[0-9]/, letters('0123456789')],
  [/[a-z]/, letters('abcdefghijklmnopqrstuvwxyz')],
  [/[A-Z]/, letters('ABCDEFGHIJKLMNOPQRSTUVWXYZ')],
  [/(?=\p{Script=Latin})\p{Lu}/u, letters('ÀÁÂÄÅÇÈÉÊËÌÎÒÓÔÖØÙÚÛÜŠŽ')],
  [/\p{Script=Latin}/u, letters('àáâäåçèéêëìîòóôöøùúûüšž')],
  [/\p{Script=Greek}/u, letters('αβγδεζηθικλμνξοπρστυφχψω')],
  [/\p{Script=Cyrillic}/u, letters('абвгдежзиклмнопрстуфхцчшэюя')],
  [/\p{Script=Hebrew}(?<!\p{M})/u, letters('אבגדהוזחטיכלמנסעפצקרשת')],
  [/\p{Script=Arabic}(?<!\p{M})/u, letters('ابتثجحخدذرزسشصضطعغفقكلمنهوي')],
  [/\p{Script=Devanagari}(?<!\p{M})/u, letters('अआइईउकखगघचजटडतदनपबमयरलवसह')],
  [/\p{Script=Han}/u, letters('一丁七万三上下不中丸主久之九二五人今介仁')],
  [/\p{Script=Hiragana}/u, letters('あいうえおかきくけこさしすせそたちつてと')],
  [/\p{Script=Katakana}/u, letters('アイウエオカキクケコサシスセソタチツテト')],
  [/\p{Script=Hangul}/u, letters('가나다라마바사아자차카타파하거너더러')],
  [/\p{M}/u, letters('\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308')],
  [/\p{L}/u, letters('ɐɔɘɟɥɯɹʇʌʍʎʞɒʚɜɞ')],
  [/\p{N}/u, letters('①②③④⑤⑥⑦⑧⑨')],
  [/\p{Regional_Indicator}/u, letters('🇦🇧🇨🇩🇪🇫🇬🇭🇮🇯🇰🇱🇲🇳🇴🇵🇶🇷🇸🇹🇺🇻🇼🇽🇾🇿')],
  [/\p{Emoji_Modifier}/u, letters('🏻🏼🏽🏾🏿')],
  [/\p{Extended_Pictographic}/u, letters('🍎🍊🍋🍌🍉🍇🍓🍒🍑🥝🌵🌲🌳🌴🌱🌷🌹🌻🌼🐶🐱🐭🐹🐰🦊🐻🐼🐨🐯🦁')],
  [/\p{S}/u, letters('◇○△▽☆□◆●▲▼★■')],
  [/\p{P}/u, letters('‧†‡※§¶')],
  [/\p{Zs}/u, [' ']],
];

/** Punctuation says nothing by itself, and emoji are joined by what shows as nothing. */
const plain = /^(?:[\t\n\r -/:-@[-`{-~£€…–—‘’“”•·×°]|\u{200d}|\u{fe0f}|\u{20e3})$/u;

/** Half of a character, or one that shows as nothing and could hide text. */
const unshown = '\u{fffd}';

const hexadecimal = letters('0123456789abcdef');
const isHexadecimal = /^(?=.*\d)(?=.*[a-f])[\da-f]{4,}$/;

/** A word of letters and digits, or one other character. */
const pieces = /[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]/gsu;
const isWord = /^[\p{L}\p{N}\p{M}]/u;

/** What Monzo's ids begin with: it says what is meant, not which one. */
const prefixes: ReadonlySet<string> = new Set(
  `acc account anonuser bacsddinstr bacsrcd bacsddi card category entryset grp holddecision loan mcauthmsg mccard
  mcclearingmsg mclifecycle merch monzoflex oauth2client payment pot potdep potdeposit potwdr receipt rewardsoptin txr tx
  user webhook`.split(/\s+/),
);

/** The words of a text: what must not be left of it. */
export function wordsIn(text: string): readonly string[] {
  return (text.match(pieces) ?? []).filter((piece) => isWord.test(piece));
}

/** Whether a word says enough that it must be nowhere in what is left: one or two letters do not, nor what belongs to an emoji. */
export function isTelling(word: string): boolean {
  return !/^(?:[A-Za-z0-9]{1,2}|(?:\u{fe0f}|\u{20e3})+)$/u.test(word);
}

/** Draws that always come out the same for the same key and label. */
export interface Draw {
  /** At least 0 and below 1. */
  fraction(label: string): number;
  /** So many numbers at least 0 and below 65,536. */
  numbers(label: string, count: number): readonly number[];
}

/** Draws from a key; without the key nobody can tell what was drawn for what. */
export function createDraw(key: Uint8Array): Draw {
  const bytes = (label: string) => createHmac('sha256', key).update(label).digest();
  return {
    fraction: (label) => bytes(label).readUIntBE(0, 6) / 2 ** 48,
    numbers: (label, count) => {
      const blocks = Array.from({ length: Math.ceil(count / 16) }, (_, block) => bytes(`${block}\n${label}`));
      const all = Buffer.concat(blocks);
      return Array.from({ length: count }, (_, index) => all.readUInt16BE(index * 2));
    },
  };
}

export interface TextOptions {
  readonly draw: Draw;
  /** Words that no stand-in may be: all that there were. */
  readonly taken: ReadonlySet<string>;
}

/** Puts a stand-in in the place of a text; `known` words stay. */
export type Disguise = (text: string, known?: ReadonlySet<string>) => string;

/** How often a word is drawn again before a longer one is taken. */
const mostDraws = 64;

/** Different words get different stand-ins, none of which was a word before. Not for dates: see `moveDates`. */
export function createDisguise({ draw, taken }: TextOptions): Disguise {
  const given = new Map<string, string>();
  const used = new Set<string>();
  const draft = (piece: string, attempt: number) => {
    const characters = letters(piece);
    const longer = Math.floor(attempt / mostDraws);
    const drawn = draw.numbers(`text ${attempt}\n${piece}`, characters.length + longer);
    const alphabetOf = isHexadecimal.test(piece) ? () => hexadecimal : kindOf;
    const last = characters.at(-1) ?? '';
    return drawn
      .map((number, index) => {
        const alphabet = alphabetOf(characters[index] ?? last);
        return alphabet[number % alphabet.length] ?? unshown;
      })
      .join('');
  };
  const wordFor = (word: string) => {
    const isUsable = isTelling(word)
      ? (drawn: string) => !taken.has(drawn) && !used.has(drawn)
      : (drawn: string) => drawn !== word;
    let attempt = 0;
    let drawn = draft(word, attempt);
    while (!isUsable(drawn)) drawn = draft(word, (attempt += 1));
    used.add(drawn);
    return drawn;
  };
  const signFor = (sign: string) => {
    const drawn = draft(sign, 0);
    return drawn === sign ? draft(sign, 1) : drawn;
  };
  const standIn = (piece: string) => {
    if (plain.test(piece)) return piece;
    const known = given.get(piece) ?? (isWord.test(piece) ? wordFor(piece) : signFor(piece));
    given.set(piece, known);
    return known;
  };
  return (text, known) =>
    text.replace(pieces, (piece: string, at: number) =>
      known?.has(piece) === true || isPrefix(text, piece, at) ? piece : standIn(piece),
    );
}

function kindOf(character: string): readonly string[] {
  if (plain.test(character)) return [character];
  return alphabets.find(([kind]) => kind.test(character))?.[1] ?? [unshown];
}

/** Behind the prefix of an id stands a number or a capital, unlike in `card_styles`. */
const idBody = /_[a-z]*[A-Z0-9]/y;

function isPrefix(text: string, piece: string, at: number): boolean {
  const end = at + piece.length;
  if (text.startsWith('://', end)) return piece === 'https' || piece === 'http';
  if (!prefixes.has(piece) || /[\p{L}\p{N}\p{M}_]$/u.test(text.slice(Math.max(0, at - 2), at))) return false;
  idBody.lastIndex = end;
  return idBody.test(text);
}

const dated = /^(\d{4})-(\d{2})-(\d{2})(T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** How Go writes that there is no time. */
const noYear = '0001';

/**
 * A day or a timestamp, moved by so many days: weekday, time of day and how it is written stay. Null for any other text.
 */
export function moveDate(text: string, days: number): string | null {
  const [, year, month, day, time = ''] = dated.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return null;
  if (year === noYear) return text;
  const moved = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + days));
  const isMoved = moved.getUTCFullYear() >= 1_000 && moved.getUTCFullYear() < 10_000;
  return isMoved && Number(year) >= 1_000 ? `${moved.toISOString().slice(0, 10)}${time}` : null;
}
