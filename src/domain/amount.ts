import { placesOf, toMajorText, type Currency, type Minor } from './values.ts';

/** An amount in minor units, or a sentence that says how to write it. */
export type AmountRead = { readonly amount: Minor } | { readonly wrong: string };

/**
 * Reads an amount of money in major units, given as decimal text or as a JSON number: (`"4.35"`, GBP) is 435,
 * (4.35, GBP) is 435, (`"100"`, JPY) is 100. Refuses zero, negative amounts and more decimal places than the currency
 * has: nothing is rounded.
 */
export function readAmount(given: unknown, currency: Currency): AmountRead {
  const read = readDecimal(given, currency);
  if ('wrong' in read || read.amount > 0) return read;
  return { wrong: `The amount must be above zero, such as ${example(currency)}.` };
}

/** Like `readAmount`, but accepts zero, as for a limit of "0". */
export function readDecimal(given: unknown, currency: Currency): AmountRead {
  const text = typeof given === 'number' ? String(given) : given;
  if (text === undefined) return { wrong: `An amount is missing; give one such as "${example(currency)}".` };
  if (typeof text !== 'string')
    return { wrong: `The amount must be text or a number, such as "${example(currency)}".` };
  const digits = decimal.exec(text.trim());
  if (digits) return minorOf({ whole: digits[1] ?? '', fraction: digits[2] ?? '' }, currency);
  const mistake = mistakes.find(({ form }) => form.test(text.trim()));
  return { wrong: (mistake ?? notDecimal).sentence(example(currency)) };
}

const decimal = /^(\d+)(?:\.(\d+))?$/;

/**
 * Up to here a double keeps every digit, so that a JSON number and text mean the same. No account holds more.
 */
const largest: Minor = 10 ** 15 - 1;

interface Mistake {
  readonly form: RegExp;
  readonly sentence: (example: string) => string;
}

/** Common mistakes of people and templates; the first match is reported. */
const mistakes: readonly Mistake[] = [
  { form: /^$/, sentence: (right) => `The amount is empty; write it as ${right}.` },
  {
    form: /^-/,
    sentence: (right) =>
      `The amount must be above zero, such as ${right}; the direction says where the money goes.`,
  },
  {
    form: /^\d+,\d+$/,
    sentence: (right) => `Write the amount with a point, not a comma: ${right}.`,
  },
  {
    form: /^\d[\d.]*e[+-]?\d+$/i,
    sentence: (right) => `Write the amount without an exponent, in plain digits: ${right}.`,
  },
];

const notDecimal: Pick<Mistake, 'sentence'> = {
  sentence: (right) =>
    `The amount must be digits 0 to 9 with at most one point, such as ${right}, and nothing else.`,
};

interface Digits {
  readonly whole: string;
  readonly fraction: string;
}

function minorOf({ whole, fraction }: Digits, currency: Currency): AmountRead {
  const places = placesOf(currency);
  if (fraction.length > places) return { wrong: tooFine(currency, places) };
  const amount = Number(whole + fraction.padEnd(places, '0'));
  if (amount <= largest) return { amount };
  return { wrong: `The amount is larger than any account holds; write it as ${example(currency)}.` };
}

function tooFine(currency: Currency, places: number): string {
  if (places === 0) return `${currency} has no decimal places; write the amount as ${example(currency)}.`;
  return `${currency} has ${places} decimal places at most; write the amount as ${example(currency)}.`;
}

/** A well-formed amount in the currency: 12.50, 1250, 12.500. */
function example(currency: Currency): string {
  return toMajorText(placesOf(currency) === 3 ? 12_500 : 1_250, currency);
}
