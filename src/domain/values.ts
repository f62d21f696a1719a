/** An amount in the currency's minor units (pence, cents, yen): always a safe integer. Negative is money out. */
export type Minor = number;

/** An instant: milliseconds since the epoch, UTC. */
export type Instant = number;

/** ISO 4217 code in capitals. */
export type Currency = string;

const placesByCurrency = new Map<Currency, number>();

/** How many decimal places the currency has: 2 for GBP, 0 for JPY, 3 for KWD; 2 for a code nobody knows. */
export function placesOf(currency: Currency): number {
  const known = placesByCurrency.get(currency);
  if (known !== undefined) return known;
  const places = lookUpPlaces(currency);
  placesByCurrency.set(currency, places);
  return places;
}

function lookUpPlaces(currency: Currency): number {
  if (!/^[A-Z]{3}$/.test(currency)) return 2;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  return format.resolvedOptions().maximumFractionDigits ?? 2;
}

/** Prints minor units as decimal text in major units, exactly: (-605, GBP) is "-6.05", (970, JPY) is "970". */
export function toMajorText(amount: Minor, currency: Currency): string {
  const places = placesOf(currency);
  const digits = String(Math.abs(amount)).padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  const sign = amount < 0 ? '-' : '';
  return places === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-places)}`;
}

/**
 * The JSON number nearest to the exact decimal, for contracts that ask for a number in major units.
 * Printing it gives the exact decimal back for every amount below 10^15 minor units.
 */
export function toMajorNumber(amount: Minor, currency: Currency): number {
  return amount === 0 ? 0 : Number(toMajorText(amount, currency));
}

/** Without a zone the same text would mean another instant on another machine. */
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a timestamp as Monzo writes it: RFC 3339 with any number of fractional digits, trailing zeros trimmed,
 * `Z` or an offset. The empty string is Monzo's null. Returns null for anything that is not an instant.
 */
export function parseInstant(text: string | null | undefined): Instant | null {
  if (text === null || text === undefined || !instantForm.test(text)) return null;
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : instant;
}

/** The instant as RFC 3339 text in UTC, as every contract of ours prints it. */
export function instantText(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** Orders text by code unit: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface NumberContext {
  /** The number as it was written; only given for values that are not objects or arrays. */
  readonly source?: string;
}

/** The parts of JSON that the type library does not know yet. */
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
 * Parses JSON text, with `readNumber` deciding from a number and the text it was written as what stands in its place.
 * A key called `__proto__` stays an ordinary one. Throws SyntaxError.
 */
export function parseJson(text: string, readNumber: (value: number, source: string) => unknown): unknown {
  return json.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined ? readNumber(value, context.source) : value,
  );
}

/** An opaque object that prints as the number it was written as. */
export function rawNumber(source: string): object {
  return json.rawJSON(source);
}

/** Whether the value is such an object. */
export function isRawNumber(value: unknown): boolean {
  return json.isRawJSON(value);
}

/** Whether a text is a complete address of the web: one that begins with `http://` or `https://`. */
export function isWebAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol);
}
