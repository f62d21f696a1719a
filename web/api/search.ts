import type { MerchantItem, SearchSumItem, TagItem } from '../../src/contract/search-data.ts';
import { pageOf, queryOf, type Call } from './client.ts';
import { listOf, orNull, partOf, text, whole, type Guarded } from './guards.ts';
import type { Filters } from './ledger.ts';

/** What searches add up to, the tags, and all of one shop or person. Amounts are whole minor units. */

const isSum = partOf<SearchSumItem>()({
  currency: text,
  in_minor: whole,
  out_minor: whole,
  net_minor: whole,
  internal_in_minor: whole,
  internal_out_minor: whole,
  count: whole,
  unmoved: whole,
});
const areSums = pageOf(isSum);

/** What the rows of one currency add up to. */
export type SearchSum = Guarded<typeof isSum>;

/** The sums of all rows that match the filters, by currency. */
export async function searchSums(
  call: Call,
  filters: Filters,
  signal: AbortSignal,
): Promise<readonly SearchSum[]> {
  return (await call(`api/transactions/sums${queryOf(filters)}`, { answer: areSums, signal })).items;
}

const isTag = partOf<TagItem>()({ tag: text, count: whole });
const areTags = pageOf(isTag);

export type Tag = Guarded<typeof isTag>;

/** The tags in notes, the most frequent first. */
export async function tagList(call: Call, signal: AbortSignal): Promise<readonly Tag[]> {
  return (await call('api/tags', { answer: areTags, signal })).items;
}

const taken = { spent_minor: whole, refunded_minor: whole, income_minor: whole, count: whole } as const;
type Taken = MerchantItem['currencies'][number];

const isMonth = partOf<Taken['months'][number]>()({ month: text, ...taken });
const isTaken = partOf<Taken>()({
  currency: text,
  ...taken,
  usual_minor: orNull(whole),
  months: listOf(isMonth),
});
const isMerchant = partOf<MerchantItem>()({
  emoji: orNull(text),
  category: orNull(text),
  category_name: orNull(text),
  first: orNull(text),
  last: orNull(text),
  currencies: listOf(isTaken),
});

export type Merchant = Guarded<typeof isMerchant>;
export type MerchantSums = Guarded<typeof isTaken>;

/** All of one shop or person, by the name shown; empty where nothing was spent or received. */
export function merchantNamed(call: Call, name: string, signal: AbortSignal): Promise<Merchant> {
  return call(`api/merchant${queryOf({ name })}`, { answer: isMerchant, signal });
}
