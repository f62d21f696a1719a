import { isRawNumber, rawNumber } from '../domain/values.ts';
import { createAmounts, type Sum } from './anonymous-amounts.ts';
import { createDates, isDate, type DateStandIns } from './anonymous-dates.ts';
import {
  createDisguise,
  createDraw,
  plainWord,
  wordsIn,
  type Disguise,
  type Draw,
} from './anonymous-text.ts';
import {
  isKeyOfBank,
  isWordOfBank,
  keepsDistance,
  kindUnder,
  refusalWords,
  toldMaps,
  wordsOfNewField,
  type KindOfMap,
} from './anonymous-words.ts';
import { isJsonObject } from './shape.ts';

/** Puts stand-ins in the place of everything in the bank's JSON that says something about a person. */

/** What a person can read at a glance: the words of the bank that were left as they were, by key. */
export type KeptWords = ReadonlyMap<string, ReadonlySet<string>>;

export interface Anonymiser {
  /** The same JSON, with stand-ins. The bank's own keys stay. */
  readonly json: (value: unknown) => unknown;
  readonly text: (text: string) => string;
  /** A time, moved as those of rows are, and by up to a day more: of a list that begins before them. */
  readonly timeBefore: (text: string) => string;
  readonly kept: () => KeptWords;
}

export interface AnonymiserOptions {
  /** Random, and thrown away afterwards: who has it can try which value became which. */
  readonly key: Uint8Array;
  /** All that will be anonymised: no stand-in may be one of these values. */
  readonly values: readonly unknown[];
  /** Sums beside those that are found in the values. */
  readonly sums?: readonly Sum[];
}

/** What a refusal says about itself. */
const codes: ReadonlySet<string> = new Set(['code', 'error']);
const sentences: ReadonlySet<string> = new Set(['message', 'error_description']);

const [year2000, year2100] = [946_684_800, 4_102_444_800];
const isOfThisCentury = (seconds: number) => seconds > year2000 && seconds < year2100;

/** Larger ones are no amounts but numbers of something. */
const largestAmount = 1e12;

/** Makes stand-ins for everything in `values`. */
export function createAnonymiser({ key, values, sums = [] }: AnonymiserOptions): Anonymiser {
  const draw = createDraw(key);
  const found = collect(values);
  const dates = createDates(draw, found.dates);
  const kept = new Map<string, Set<string>>();
  const tools: Tools = {
    draw,
    dates,
    disguise: createDisguise({ draw, taken: found.words }),
    amounts: createAmounts({
      draw,
      amounts: found.amounts,
      sums: [...sums, ...found.sums],
      taken: found.numbers,
    }),
    taken: found.numbers,
    keep: (under, text) => kept.set(under, (kept.get(under) ?? new Set()).add(text)),
  };
  return {
    json: (value) =>
      standInFor(value, { key: '', map: '', kind: 'fields', isRefused: isRefusal(value) }, tools),
    text: (text) => textFor(text, tools),
    timeBefore: (text) => timeBefore(text, tools),
    kept: () => kept,
  };
}

interface Tools {
  readonly draw: Draw;
  readonly disguise: Disguise;
  readonly dates: DateStandIns;
  readonly amounts: (amount: number) => number;
  readonly taken: ReadonlySet<number>;
  readonly keep: (key: string, word: string) => void;
}

/** Where a value stands. */
interface Place {
  readonly key: string;
  /** The key of the object that it is in; empty for the outermost. */
  readonly map: string;
  /** What kind of object that is. */
  readonly kind: KindOfMap;
  /** Whether that object is a refusal. */
  readonly isRefused: boolean;
}

function isRefusal(value: unknown): boolean {
  return isJsonObject(value) && (typeof value['code'] === 'string' || typeof value['error'] === 'string');
}

function standInFor(value: unknown, place: Place, tools: Tools): unknown {
  if (typeof value === 'string') return stringFor(value, place, tools);
  if (typeof value === 'number') return numberFor(value, place, tools);
  if (isRawNumber(value)) return rawNumber(digitsFor(JSON.stringify(value), tools));
  if (Array.isArray(value))
    return (value as readonly unknown[]).map((entry) => standInFor(entry, place, tools));
  if (!isJsonObject(value)) return value;
  const kind = kindUnder(place.key, place.kind);
  const isRefused = place.isRefused && place.key === '';
  const entries = new Map<string, unknown>();
  for (const [key, entry] of Object.entries(value)) {
    const inside: Place = { key, map: place.key, kind, isRefused };
    let name = keyFor(inside, tools);
    while (entries.has(name)) name += tools.disguise('x');
    entries.set(name, standInFor(entry, inside, tools));
  }
  return Object.fromEntries(entries);
}

function keyFor({ key, kind }: Place, { disguise, keep }: Pick<Tools, 'disguise' | 'keep'>): string {
  if (!isKeyOfBank(key, kind)) return inPlace(disguise(key, wordsOfNewField(key, kind)));
  if (toldMaps.has(kind)) keep(kind, key);
  return key;
}

/** Keys of nothing but digits would come before all others. */
function inPlace(key: string): string {
  return /^\d+$/.test(key) ? `_${key}` : key;
}

function stringFor(text: string, place: Place, tools: Tools): string {
  const { key, map, kind, isRefused } = place;
  if (keepsDistance(key, map, kind)) return tools.dates.moved(text) ?? tools.disguise(text);
  if (isRefused && (codes.has(key) || sentences.has(key))) return tools.disguise(text, refusalWords);
  if (!isWordOfBank(text, key, kind)) return textFor(text, tools);
  tools.keep(key, text);
  return text;
}

function textFor(text: string, { disguise, dates }: Tools): string {
  return dates.drawn(text) ?? disguise(text);
}

const secondsOfDay = 86_400;
/** For drawing one from nothing. */
const noTime = '2000-01-01T00:00:00Z';

function timeBefore(text: string, { dates, draw }: Tools): string {
  const at = Date.parse(dates.moved(text) ?? '');
  if (Number.isNaN(at)) return dates.drawn(noTime) ?? noTime;
  const earlier = 1_000 * Math.floor(1 + draw.fraction('begin of a list') * secondsOfDay);
  return new Date(at - earlier).toISOString();
}

function numberFor(value: number, { key, map, kind }: Place, tools: Tools): unknown {
  if (value === 0) return value;
  if (!Number.isInteger(value)) return fractionFor(value, tools);
  if (keepsDistance(key, map, kind)) {
    if (isOfThisCentury(value / 1_000)) return value + tools.dates.by;
    if (isOfThisCentury(value)) return value + tools.dates.by / 1_000;
  }
  if (isAmount(value)) return tools.amounts(value);
  return rawNumber(digitsFor(String(value), tools));
}

function isAmount(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < largestAmount;
}

const mostDraws = 50;

/** Of places on earth, others on earth. */
const degrees = [85, 175] as const;

/** With as many places after the point, and below the same power of ten. */
function fractionFor(value: number, { draw, taken }: Tools): number {
  const places = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  const size = Math.abs(value);
  const power = 10 ** Math.ceil(Math.log10(size));
  const largest = Math.min(power, degrees.find((most) => size <= most) ?? power);
  for (let attempt = 0; attempt < mostDraws; attempt += 1) {
    const wanted =
      Math.sign(value) * largest * (0.02 + 0.97 * draw.fraction(`fraction ${attempt}\n${value}`));
    const drawn = places === 0 ? wanted : Number(wanted.toFixed(places));
    if (!Number.isInteger(drawn) && Number.isFinite(drawn) && !taken.has(drawn)) return drawn;
  }
  return Math.sign(value) * (0.1 + 0.8 * draw.fraction(`fraction\n${value}`));
}

/** The number as it is written, with other digits; an exponent stays. */
function digitsFor(written: string, { draw, taken }: Tools): string {
  const [digits = '', exponent = ''] = written.split(/(?=e)/i);
  for (let attempt = 0; ; attempt += 1) {
    const drawn = draw.numbers(`digits ${attempt}\n${written}`, digits.length);
    const first = digits.search(/\d/);
    const other = digits.replace(/\d/g, (_digit, at: number) =>
      String(at === first ? 1 + ((drawn[at] ?? 0) % 9) : (drawn[at] ?? 0) % 10),
    );
    const isFree = attempt >= mostDraws || !taken.has(Number(other + exponent));
    if (other !== digits && isFree) return other + exponent;
  }
}

interface Found {
  readonly words: Set<string>;
  readonly dates: Set<string>;
  readonly amounts: Set<number>;
  readonly numbers: Set<number>;
  readonly sums: Sum[];
}

/** All words, dates, numbers and sums in the values. A number may stand as a text elsewhere, and the other way round. */
function collect(values: readonly unknown[]): Found {
  const found: Found = {
    words: new Set(),
    dates: new Set(),
    amounts: new Set(),
    numbers: new Set(),
    sums: [],
  };
  const takeText = (text: string) => {
    if (isDate(text)) found.dates.add(text);
    for (const one of [text, decoded(text)].flatMap(wordsIn)) {
      found.words.add(one);
      if (/^\d{1,15}$/.test(one)) takeNumber(Number(one));
    }
  };
  const takeNumber = (value: number) => found.numbers.add(value).add(-value);
  const look = (value: unknown): void => {
    if (typeof value === 'string') takeText(value);
    if (isRawNumber(value)) takeText(JSON.stringify(value));
    if (typeof value === 'number') {
      takeNumber(value);
      found.words.add(plainWord(String(Math.abs(value)))).add(String(Math.abs(value)).replace('.', ''));
      if (isAmount(value)) found.amounts.add(value);
    }
    if (Array.isArray(value)) for (const entry of value as readonly unknown[]) look(entry);
    if (!isJsonObject(value)) return;
    for (const [key, entry] of Object.entries(value)) {
      takeText(key);
      look(entry);
    }
    found.sums.push(...sumsIn(value));
  };
  for (const value of values) look(value);
  return found;
}

/** What a percent-encoded text says; any other as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Lists and maps whose amounts add up to one that stands beside them. */
function sumsIn(value: Readonly<Record<string, unknown>>): readonly Sum[] {
  const own = new Set(Object.values(value).filter((entry) => typeof entry === 'number'));
  return Object.values(value)
    .flatMap(columnsOf)
    .map((parts) => parts.filter((part) => part !== 0))
    .filter((parts) => parts.length > 1)
    .map((parts) => ({ total: parts.reduce((sum, part) => sum + part, 0), parts }))
    .filter(({ total }) => own.has(total));
}

/** The amounts of a map, or those of each key in a list of rows. */
function columnsOf(value: unknown): readonly (readonly number[])[] {
  const rows = Array.isArray(value) ? (value as readonly unknown[]).filter(isJsonObject) : [];
  const keys = new Set(rows.flatMap((row) => Object.keys(row)));
  const columns = [...keys].map((key) => rows.map((row) => row[key]));
  const map = isJsonObject(value) ? [Object.values(value)] : [];
  return [...map, ...columns]
    .map((column) => column.filter((entry): entry is number => typeof entry === 'number'))
    .filter((column) => column.every(isAmount));
}
