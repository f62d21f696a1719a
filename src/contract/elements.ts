import { z } from 'zod';
import { healthStates } from '../domain/view.ts';

/** What the shapes of the private API are made of: instants, amounts, ids, lists and problems. */

export const instant = z.string().describe('RFC 3339, UTC');
export const major = z.number().describe('in major units, such as pounds');
export const minor = z.int().describe('in minor units, such as pence');
export const idSchema = z.object({ id: z.string().min(1).max(128).describe('its id, as its list has it') });
/** A number that is written in digits; anything else as it is. `Number` alone takes an empty text for 0, and reads `1e2` and `0x10`. */
export function readDigits(given: unknown): unknown {
  return typeof given === 'string' && /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
}
/** A number as an address has it. */
export function inDigits(number: z.ZodNumber) {
  return z.preprocess(readDigits, number);
}
export const limit = (fallback: number) =>
  inDigits(z.number().int().min(1).max(500)).default(fallback).describe('how many at most (1 to 500)');
export const exportFormatSchema = z.strictObject({
  format: z.enum(['csv', 'json']).describe('the form of the file'),
});
/** Where a list goes on: `next` of the page before. */
export const cursorMeaning = 'the next page, as the page before named it';
/** Of a route that takes no query. */
export const noQuery = z.strictObject({});
export const verbatim = z.record(z.string(), z.unknown());

/** Lists are `{"items":[…],"next":cursor|null}`; null on the last page. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}

const problem = {
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  code: z.string().describe('stable, for programs'),
  detail: z.string().describe('a sentence, for people'),
};

/** A problem document (RFC 9457); some problems have more members. */
export const problemSchema = z.looseObject({
  ...problem,
  money_moved: z.enum(['yes', 'no', 'unknown']).optional().describe('of a move of money'),
  transfer_id: z.string().nullable().optional().describe('of a move of money; null where nothing was sent'),
});

export const healthState = z.enum(healthStates);

export type ListOf<Item> = z.output<ReturnType<typeof listOf<z.ZodType<Item>>>>;
export type ProblemItem = z.output<z.ZodObject<typeof problem>>;
