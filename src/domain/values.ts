/** An amount in the currency's minor units (pence, cents, yen): always a safe integer. Negative is money out. */
export type Minor = number;

/** An instant: milliseconds since the epoch, UTC. */
export type Instant = number;

/** ISO 4217 code in capitals. */
export type Currency = string;

/**
 * The currencies whose minor unit is not a hundredth, as the maintenance agency of ISO 4217 lists them (list one of
 * 2024-06-25). The tables of `Intl` follow how cash is used, and differ: for HUF, IDR or ALL they have no places.
 */
const unusualPlaces: ReadonlyMap<Currency, number> = new Map(
  Object.entries({
    0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
    3: 'BHD IQD JOD KWD LYD OMR TND',
    4: 'CLF UYW',
  }).flatMap(([places, codes]) => codes.split(' ').map((code) => [code, Number(places)] as const)),
);

/** The number of decimal places of a currency, by ISO 4217: 2 for GBP, 0 for JPY, 3 for KWD; 2 for an unknown code. */
export function placesOf(currency: Currency): number {
  return unusualPlaces.get(currency) ?? 2;
}

/** The currencies with so many decimal places; null for the usual two, which all others have. */
export function currenciesWith(places: number): readonly Currency[] | null {
  if (places === 2) return null;
  return [...unusualPlaces].filter(([, own]) => own === places).map(([currency]) => currency);
}

/** Decimal text as minor units with so many decimal places; null where it has more of them, or is too large. */
export function amountIn(text: string, places: number): Minor | null {
  const [whole = '', fraction = ''] = text.split('.');
  const coins = fraction.replace(/0+$/, '').padEnd(places, '0');
  const amount = Number(whole + coins);
  return coins.length > places || !Number.isSafeInteger(amount) ? null : amount;
}

/** Prints minor units as decimal text in major units, exactly: (-605, GBP) is "-6.05", (970, JPY) is "970". */
export function toMajorText(amount: Minor, currency: Currency): string {
  const places = placesOf(currency);
  const digits = String(Math.abs(amount)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = amount < 0 ? '-' : '';
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-places)}`;
}

/** The same with its currency, for people to read: "-6.05 GBP". */
export function amountText(amount: Minor, currency: Currency): string {
  return `${toMajorText(amount, currency)} ${currency}`;
}

/**
 * The amount in major units as a JSON number, for contracts that require one. It prints as the exact decimal for every
 * amount below 10^15 minor units.
 */
export function toMajorNumber(amount: Minor, currency: Currency): number {
  return amount === 0 ? 0 : Number(toMajorText(amount, currency));
}

/** The zone is required: without one the text would mean different instants on different machines. */
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a timestamp as Monzo writes it: RFC 3339 with any number of fractional digits, trailing zeros trimmed,
 * `Z` or an offset. Returns null for anything else, such as the empty string, which is Monzo's null.
 */
export function parseInstant(text: string | null | undefined): Instant | null {
  if (text === null || text === undefined || !instantForm.test(text)) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : instant;
}

/** The instant as RFC 3339 text in UTC, as in all our contracts. */
export function instantText(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** Such as `2026-03-10 12:00 UTC`. */
export function minuteText(instant: Instant): string {
  return `${instantText(instant).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Such as “pots, balance and details”. */
export function listText(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} and ${last}` : last;
}

/** Compares text by code unit, independent of the locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface NumberContext {
  /** The number as it was written; only given for values that are not objects or arrays. */
  readonly source?: string;
}

/** The parts of JSON that the type library does not include yet. */
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
 * Parses JSON text. `readNumber` gets each number with its source text, and returns what to put in its place. A key
 * named `__proto__` becomes an ordinary one. Throws SyntaxError.
 */
export function parseJson(text: string, readNumber: (value: number, source: string) => unknown): unknown {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? readNumber(value, context.source) : value,
  );
}

/** An opaque object that `JSON.stringify` prints as `source`. */
export function rawNumber(source: string): object {
  return json.rawJSON(source);
}

/** Whether the value was made by `rawNumber`. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

/** Whether the text is a URL with `http` or `https`. */
export function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}
