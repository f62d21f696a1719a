import { createHmac } from 'node:crypto';
import { idPrefixes } from './anonymous-words.ts';

/** Stand-ins for texts: of the same kinds of characters, and the same wherever the same word stands. */

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

const [figures, lower, upper] = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const isHexadecimal = /^(?=.*\d)(?=.*[a-f])[\da-f]{4,}$/;
/** Letters and digits in one: which of them stand where would tell of an id which one it is, and when it was made. */
const isMixed = /^(?=.*\d)(?=.*[A-Za-z])[\dA-Za-z]+$/;
/** A word of nothing but letters: how many they are would tell a rare name. */
const isLetters = /^\p{L}{3,}$/u;
const lengths = { fewest: 3, more: 7 } as const;

/** What is written with spaces or signs between, such as the digits of a telephone: hidden and compared without them. */
const spelled =
  /(?<![\p{L}\p{N}\p{M}])(?:\d{1,6}|[\p{L}\p{N}]{1,2})(?:[ \-./:%+,()'’]{1,3}(?:\d{1,6}|[\p{L}\p{N}]{1,2})(?![\p{L}\p{N}\p{M}])){1,30}/gu;
/** With spaces or signs in it or without, a number is the same. */
const isNumber = /^\d+$/;
const between = /[^\p{L}\p{N}\p{M}]/gu;

/** A word of letters and digits, or one other character. */
const pieces = /[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]/gsu;
const isWord = /^[\p{L}\p{N}\p{M}]/u;

/** A word as it is compared: one written in capitals is the same. */
export function plainWord(word: string): string {
  return word.normalize('NFKC').toLowerCase();
}

/** The words of a text as they are compared, also without what is between them: what must not be left of it. */
export function wordsIn(text: string): readonly string[] {
  const words = (text.match(pieces) ?? []).filter((piece) => isWord.test(piece));
  return [...words, ...spelledIn(text), text.replaceAll(between, '')].map(plainWord);
}

/** What a text spells out with something between, without that. */
function spelledIn(text: string): readonly string[] {
  return (text.match(spelled) ?? []).map((run) => run.replaceAll(between, ''));
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
      // A label may be long, and is read once.
      const own = bytes(label).toString('base64');
      const blocks = Array.from({ length: Math.ceil(count / 16) }, (_, block) => bytes(`${block}\n${own}`));
      const all = Buffer.concat(blocks);
      return Array.from({ length: count }, (_, index) => all.readUInt16BE(index * 2));
    },
  };
}

export interface TextOptions {
  readonly draw: Draw;
  /** Words that no stand-in may be, as they are compared: all that there were. */
  readonly taken: ReadonlySet<string>;
}

/** Descriptors of card payments are padded to columns: the padding counts how long the words were. */
const [wideGap, gap] = [/ {3,}/g, '   '];

/** Puts a stand-in in the place of a text; `known` words stay. */
export type Disguise = (text: string, known?: ReadonlySet<string>) => string;

/** How often a word is drawn again before a longer one is taken. */
const mostDraws = 64;

/** Different words get different stand-ins, none of which was a word before. Not for dates: see `createDates`. */
export function createDisguise({ draw, taken }: TextOptions): Disguise {
  const given = new Map<string, string>();
  /** Which word each stand-in was given to. */
  const owners = new Map<string, string>();
  /** No part of what is spelled out may have been a word either; among very many numbers there is not always such a one. */
  const isFree = (standIn: string) => wordsIn(standIn).every((part) => !isTelling(part) || !taken.has(part));
  const wordFor = (word: string, run: string | null) => {
    const plainOne = plainWord(word);
    const isUsable = (drawn: string) => {
      const plainDrawn = plainWord(drawn);
      if (!isTelling(word)) return plainDrawn !== plainOne;
      return !taken.has(plainDrawn) && (owners.get(plainDrawn) ?? plainOne) === plainOne;
    };
    for (let attempt = 0; ; attempt += 1) {
      const drawn = draftFor(word, { draw, attempt, isSpelled: run !== null });
      if (!isUsable(drawn)) continue;
      if (run !== null && attempt < mostDraws / 2 && !isFree(spelledAs(run, drawn))) continue;
      owners.set(plainWord(drawn), plainOne);
      return drawn;
    }
  };
  const signFor = (sign: string) => {
    const drawn = draftFor(sign, { draw, attempt: 0, isSpelled: true });
    return drawn === sign ? draftFor(sign, { draw, attempt: 1, isSpelled: true }) : drawn;
  };
  const remembered = (key: string, make: () => string) => {
    const known = given.get(key) ?? make();
    given.set(key, known);
    return known;
  };
  const standIn = (piece: string) => {
    if (plain.test(piece)) return piece;
    return remembered(piece, () => (isWord.test(piece) ? wordFor(piece, null) : signFor(piece)));
  };
  const inPieces = (text: string, known: ReadonlySet<string> | undefined, whole: Whole) =>
    text.replace(pieces, (piece: string, at: number) =>
      known?.has(piece) === true || isPrefix(whole.text, piece, whole.at + at) ? piece : standIn(piece),
    );
  return (text, known) => {
    let end = 0;
    let written = '';
    for (const { 0: run, index } of text.matchAll(spelled)) {
      if (
        known !== undefined &&
        (run.match(pieces) ?? []).every((piece) => plain.test(piece) || known.has(piece))
      )
        continue;
      written += inPieces(text.slice(end, index), known, { text, at: end });
      const word = run.replaceAll(between, '');
      written += spelledAs(
        run,
        remembered(isNumber.test(word) ? word : `spelled\n${word}`, () => wordFor(word, run)),
      );
      end = index + run.length;
    }
    return (written + inPieces(text.slice(end), known, { text, at: end })).replaceAll(wideGap, gap);
  };
}

interface Whole {
  readonly text: string;
  /** Where in it a part begins. */
  readonly at: number;
}

/** A stand-in with the same between its characters as the run had; where it is longer, the rest comes last. */
function spelledAs(run: string, standIn: string): string {
  const others = letters(standIn);
  let used = 0;
  const next = () => {
    used += 1;
    return others[used - 1] ?? '';
  };
  const written = letters(run).map((one) => (isWord.test(one) ? next() : one));
  return written.join('') + others.slice(used).join('');
}

interface Drafting {
  readonly draw: Draw;
  readonly attempt: number;
  /** Then it has as many characters as the word. */
  readonly isSpelled: boolean;
}

function draftFor(word: string, { draw, attempt, isSpelled }: Drafting): string {
  const characters = letters(word);
  // The same letters whether the word is written in capitals or not.
  const label = `text ${attempt}\n${plainWord(word)}`;
  const [length = 0] = draw.numbers(`length of ${label}`, 1);
  const isAnyLength = !isSpelled && isLetters.test(word);
  const count = isAnyLength ? lengths.fewest + (length % lengths.more) : characters.length;
  const alphabetOf = alphabetsOf(word);
  const last = characters.at(-1) ?? '';
  return draw
    .numbers(label, count + Math.floor(attempt / mostDraws))
    .map((number, index) => {
      const alphabet = alphabetOf(characters[index] ?? last);
      return alphabet[number % alphabet.length] ?? unshown;
    })
    .join('');
}

/** What stands in for each character of a word. */
function alphabetsOf(word: string): (character: string) => readonly string[] {
  if (isHexadecimal.test(word)) return () => letters(`${figures}abcdef`);
  if (!isMixed.test(word)) return kindOf;
  const mixed = letters(`${figures}${/[a-z]/.test(word) ? lower : ''}${/[A-Z]/.test(word) ? upper : ''}`);
  return () => mixed;
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
  if (!idPrefixes.has(piece) || /[\p{L}\p{N}\p{M}_]$/u.test(text.slice(Math.max(0, at - 2), at)))
    return false;
  idBody.lastIndex = end;
  return idBody.test(text);
}
