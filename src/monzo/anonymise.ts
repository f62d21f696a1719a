import { isRawNumber, rawNumber } from '../domain/values.ts';
import { createAmounts, type Sum } from './anonymous-amounts.ts';
import { createDisguise, createDraw, moveDate, wordsIn, type Disguise, type Draw } from './anonymous-text.ts';
import { isJsonObject } from './shape.ts';

/** Puts stand-ins in the place of everything in the bank's JSON that says something about a person. */

/** What a person can read at a glance: the words of the bank that were left as they were, by key. */
export type KeptWords = ReadonlyMap<string, ReadonlySet<string>>;

export interface Anonymiser {
  /** The same JSON, with stand-ins. Keys stay where they look like names of the API. */
  readonly json: (value: unknown) => unknown;
  readonly text: (text: string) => string;
  /** Moved as all dates are: by whole weeks. */
  readonly instant: (at: number) => number;
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

/** Keys whose values are words of the API, not of a person. */
const wordKeys: ReadonlySet<string> = new Set(
  `account_type category code country_code country_code_alpha3 currency decline_reason error isa_wrapper legal_entity
  local_currency owner_type product_type scheme status type`.split(/\s+/),
);
const word = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:[_.-][a-z0-9]+)*$/;
const codeWord = /^[A-Z]{2,3}$/;
const codeKeys = /currency$|^country_code/;
const number = /\d{3}/;

/** Of these only what a refusal begins with: elsewhere they may name a voucher. */
const outermost: ReadonlySet<string> = new Set(['code', 'error']);

const isWordOf = (key: string, text: string) =>
  wordKeys.has(key) &&
  ((word.test(text) && !number.test(text)) || (codeKeys.test(key) && codeWord.test(text)));

/** Keys of the API, as far as one can tell by the look of them. */
const apiKey = /^(?=.{1,48}$)[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;

/** Maps into which other programs may write keys of their own. Of these only the bank's own keys stay. */
const freeMaps: ReadonlySet<string> = new Set(['metadata', 'params']);
const metadataKeys: ReadonlySet<string> = new Set(
  `bacs_direct_debit_instruction_id bacs_record_id coin_jar_transaction created_for_merchant created_for_transaction
  enriched_from_settlement external_id faster_payment fps_fpid fps_payment_id google_places_icon google_places_id
  google_places_name hide_amount hide_transaction hold_decision_id insertion is_reversal ledger_committed_timestamp_earliest
  ledger_committed_timestamp_latest ledger_insertion_id mastercard_approval_type mastercard_auth_message_id
  mastercard_card_id mastercard_clearing_message_id mastercard_lifecycle_id mastercard_partial_amount_supported mcc notes
  original_transaction_id p2p_initiator p2p_transfer_id payee_id pot_account_id pot_deposit_id pot_id pot_withdrawal_id
  provider provider_id series_id series_iteration_count spender_first_name spender_full_name standin_correlation_id
  suggested_name suggested_tags token_transaction_identifier token_unique_reference tokenization_method
  transaction_description_localised transaction_locale_country trigger trn twitter_id user_id website`.split(
    /\s+/,
  ),
);

/** Maps from words of the API to amounts. */
const wordMaps: ReadonlySet<string> = new Set(['categories']);

/** The bank's own words in its refusals. */
const refusalKeys: ReadonlySet<string> = new Set(['message', 'error_description']);
const refusalWords: ReadonlySet<string> = new Set(
  `A Access An Bad DELETE Field For Forbidden GET Insufficient Internal Invalid No Not PATCH POST PUT Rate The Time Too
  Token Unauthorized a access account account_id accounts an and are as at authenticated authorization authorized bad be
  before being by can cannot client current current_account_id days error expired failed field for found from funds handler has have
  header id in internal invalid is it limit limited many missing must no not of on or parameter ping pots range refresh
  request required retry scope server service since than that the this time to token too transaction transactions
  unauthorised unauthorized unknown user valid verification was webhook webhooks whoami with within you your`.split(
    /\s+/,
  ),
);

/** Keys of numbers that count seconds or milliseconds since 1970. */
const timeKey = /(?:^|_)(?:at|time|timestamp|date|created|updated|settled|expires|expiry)$/;
const [year2000, year2100] = [946_684_800, 4_102_444_800];
const isOfThisCentury = (seconds: number) => seconds > year2000 && seconds < year2100;

/** Larger ones are no amounts but numbers of something. */
const largestAmount = 1e12;

const day = 24 * 3_600_000;
/** One to ten years: into the past, so that no date lies ahead. */
const weeks = { fewest: 52, more: 468 } as const;

/** Makes stand-ins for everything in `values`. */
export function createAnonymiser({ key, values, sums = [] }: AnonymiserOptions): Anonymiser {
  const draw = createDraw(key);
  const found = collect(values);
  const amounts = createAmounts({
    draw,
    amounts: found.amounts,
    sums: [...sums, ...found.sums],
    taken: new Set([...found.numbers].filter(isTellingNumber)),
  });
  const days = -7 * (weeks.fewest + Math.floor(draw.fraction('weeks') * weeks.more));
  const kept = new Map<string, Set<string>>();
  const tools: Tools = {
    draw,
    disguise: createDisguise({ draw, taken: found.words }),
    days,
    amounts,
    taken: found.numbers,
    keep: (under, text) => kept.set(under, (kept.get(under) ?? new Set()).add(text)),
  };
  return {
    json: (value) => standInFor(value, { key: '', map: '', isRefused: isRefusal(value) }, tools),
    text: (text) => textFor(text, tools),
    instant: (at) => at + days * day,
    kept: () => kept,
  };
}

/** Whether a number says enough that it must be nowhere in what is left: a few pence do not. */
export function isTellingNumber(value: number): boolean {
  return !Number.isInteger(value) || Math.abs(value) >= 100;
}

interface Tools {
  readonly draw: Draw;
  readonly disguise: Disguise;
  readonly days: number;
  readonly amounts: (amount: number) => number;
  readonly taken: ReadonlySet<number>;
  readonly keep: (key: string, word: string) => void;
}

/** Where a value stands. */
interface Place {
  readonly key: string;
  /** The key of the object that it is in. */
  readonly map: string;
  /** Whether it is part of a refusal. */
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
  const entries = new Map<string, unknown>();
  for (const [key, entry] of Object.entries(value)) {
    const inside = { ...place, key, map: place.key };
    let name = keyFor(inside, tools);
    while (entries.has(name)) name += tools.disguise('x');
    entries.set(name, standInFor(entry, inside, tools));
  }
  return Object.fromEntries(entries);
}

function keyFor({ key, map }: Place, { disguise, keep }: Pick<Tools, 'disguise' | 'keep'>): string {
  if (!staysAsKey(key, map)) return inPlace(disguise(key));
  if (wordMaps.has(map)) keep(map, key);
  return key;
}

/** Keys of nothing but digits would come before all others. */
function inPlace(key: string): string {
  return /^\d+$/.test(key) ? `_${key}` : key;
}

function staysAsKey(key: string, map: string): boolean {
  if (freeMaps.has(map)) return metadataKeys.has(key);
  return apiKey.test(key) && !number.test(key);
}

function stringFor(text: string, { key, map, isRefused }: Place, tools: Tools): string {
  if (isRefused && refusalKeys.has(key)) return textFor(text, tools, refusalWords);
  if (freeMaps.has(map) || (map !== '' && outermost.has(key)) || !isWordOf(key, text))
    return textFor(text, tools);
  tools.keep(key, text);
  return text;
}

function textFor(text: string, { disguise, days }: Tools, known?: ReadonlySet<string>): string {
  return moveDate(text, days) ?? disguise(text, known);
}

function numberFor(value: number, { key }: Place, tools: Tools): unknown {
  if (value === 0) return value;
  if (!Number.isInteger(value)) return fractionFor(value, tools);
  if (timeKey.test(key) && isOfThisCentury(value / 1_000)) return value + tools.days * day;
  if (timeKey.test(key) && isOfThisCentury(value)) return value + (tools.days * day) / 1_000;
  if (isAmount(value)) return tools.amounts(value);
  return rawNumber(digitsFor(String(value), tools));
}

function isAmount(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < largestAmount;
}

const mostDraws = 50;

/** With as many places after the point, and nearer to zero: of places on earth, others on earth. */
function fractionFor(value: number, { draw, taken }: Tools): number {
  const places = /\.(\d+)$/.exec(String(value))?.[1]?.length ?? 0;
  const nearer = (attempt: number) => value * (0.15 + 0.8 * draw.fraction(`fraction ${attempt}\n${value}`));
  for (let attempt = 0; attempt < mostDraws; attempt += 1) {
    const drawn = places === 0 ? nearer(attempt) : Number(nearer(attempt).toFixed(places));
    if (!Number.isInteger(drawn) && !taken.has(drawn)) return drawn;
  }
  return Math.sign(value) * (0.1 + 0.8 * draw.fraction(`fraction\n${value}`));
}

/** The number as it is written, with other digits; a zero stays one, and so does an exponent. */
function digitsFor(written: string, { draw }: Tools): string {
  const [digits = '', exponent = ''] = written.split(/(?=e)/i);
  for (let attempt = 0; ; attempt += 1) {
    const drawn = draw.numbers(`digits ${attempt}\n${written}`, digits.length);
    const other = digits.replace(/[1-9]/g, (_digit, at: number) => String(1 + ((drawn[at] ?? 0) % 9)));
    if (other !== digits) return other + exponent;
  }
}

interface Found {
  readonly words: Set<string>;
  readonly amounts: Set<number>;
  readonly numbers: Set<number>;
  readonly sums: Sum[];
}

/** All words, numbers and sums in the values. */
function collect(values: readonly unknown[]): Found {
  const found: Found = { words: new Set(), amounts: new Set(), numbers: new Set(), sums: [] };
  const look = (value: unknown): void => {
    if (typeof value === 'string') for (const one of wordsIn(value)) found.words.add(one);
    if (typeof value === 'number') {
      found.numbers.add(value).add(-value);
      if (isAmount(value)) found.amounts.add(value);
    }
    if (Array.isArray(value)) for (const entry of value as readonly unknown[]) look(entry);
    if (!isJsonObject(value)) return;
    for (const [key, entry] of Object.entries(value)) {
      for (const one of wordsIn(key)) found.words.add(one);
      look(entry);
    }
    found.sums.push(...sumsIn(value));
  };
  for (const value of values) look(value);
  return found;
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
